"""Tables of what there is, from the registries: a page cannot name a method, an option or a protocol that is gone."""

from __future__ import annotations

from istdbench.built_in import FAMILIES
from istdbench.methods.method import Method
from istdbench.metrics.alarms import ALARMS
from istdbench.metrics.declared import REFERENCE
from istdbench.protocols.listing import protocol_summaries
from istdbench.registry import DATASETS, METHODS, build_dataset
from istdbench.released.releases import releases
from istdbench.reports.badges import BADGES, GRADES
from istdbench.reports.cells import heading
from istdbench.reports.markdown import code, escaped, table
from istdbench.reports.papers import from_description
from istdbench.spec import parse_spec


def metrics() -> str:
    """Every built-in metric in the order of the tables."""
    return table(
        ["metric", "definition"], [[heading(entry), escaped(entry.summary)] for entry in (*REFERENCE, *ALARMS)]
    )


def methods() -> str:
    """A table of each family."""
    blocks = []
    for family, names in FAMILIES.items():
        rows = [[code(name), _about(METHODS.get(name)), _options(METHODS.get(name))] for name in names]
        blocks += [f"### {family.capitalize()}", table(["method", "what it is", "options, first the default"], rows)]
    return "\n\n".join(blocks)


def _about(method: Method) -> str:
    said = [method.paper, from_description(method.name)]
    return f"{escaped(method.summary)}<br><small>{'<br>'.join(map(escaped, filter(None, said)))}</small>"


def _options(method: Method) -> str:
    return "<br>".join(
        f"{code(f'{name}={option.default}')} {escaped(option.help)}" for name, option in method.options.items()
    )


def data_sets() -> str:
    """Name, summary and terms of each that is published."""
    rows = []
    for name in DATASETS.names():
        if name == "folder":
            continue
        data = build_dataset(parse_spec(name))
        rows.append([code(name), escaped(DATASETS.get(name).summary), escaped(data.terms)])
    return table(["name", "what it is", "terms"], rows)


def protocols() -> str:
    """Name and summary of each."""
    return table(
        ["protocol", "what it is"], [[code(name), escaped(said)] for name, said in protocol_summaries().items()]
    )


def badges() -> str:
    """What each badge says."""
    return table(["badge", "whose number it is"], [[name, said] for name, said in {**BADGES, **GRADES}.items()])


def released() -> str:
    """The weights that authors released, as they are declared."""
    rows = [
        [code(each.method), code(each.name), f"{each.repository} at {code(each.commit[:7])}", escaped(each.terms)]
        for each in releases()
    ]
    return table(["method", "name", "from", "terms"], rows)
