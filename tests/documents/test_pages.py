"""The pages of docs/: what is made for them is whole, and what they link to is there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from typer.core import TyperGroup

from istdbench.cli.verbs import VERBS, build
from istdbench.metrics.alarms import ALARMS
from istdbench.metrics.declared import REFERENCE
from istdbench.protocols.listing import protocol_names
from istdbench.registry import BUILT_IN, DATASETS, METHODS
from istdbench.reports.cells import heading

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb")])
MADE = r"(?m)^<!-- made: (\w+) -->$"


def test_the_table_of_metrics_has_the_declared_ones_in_the_order_of_the_tables(makers):
    from tables import metrics

    rows = re.findall(r"^\| (.+?) +\| (.+?) +\|$", metrics(), flags=re.MULTILINE)
    assert rows == [("metric", "definition"), *((heading(entry), entry.summary) for entry in (*REFERENCE, *ALARMS))]


def test_the_table_of_methods_has_every_built_in_one_with_its_options(makers):
    from tables import methods

    text = methods()
    for method in METHODS.all():
        if METHODS.origin(method.name) == BUILT_IN:
            assert f"| `{method.name}` " in text
            assert all(f"`{name}={option.default}`" in text for name, option in method.options.items())


def test_the_tables_of_data_sets_and_protocols_have_all(makers):
    from tables import data_sets, protocols

    assert set(re.findall(r"(?m)^\| `(\w+)`", data_sets())) == {
        name for name in DATASETS.names() if DATASETS.origin(name) == BUILT_IN
    } - {"folder"}
    assert re.findall(r"(?m)^\| `(\w+)`", protocols()) == protocol_names()


def test_the_reference_of_the_command_line_has_every_option_of_every_verb(makers):
    from commands import reference

    parts = dict(re.findall(r"(?ms)^###? (istdbench [^\n]+)\n(.*?)(?=^##|\Z)", reference()))
    for name in VERBS:
        command = build(name)
        own = command.commands if isinstance(command, TyperGroup) else {"": command}
        for called, each in ((f"istdbench {name} {inner}".strip(), each) for inner, each in own.items()):
            options = [option for parameter in each.params for option in parameter.opts if option.startswith("--")]
            assert all(option in parts[called] for option in options), called


def test_a_help_text_stays_as_it_is_in_markdown(makers):
    from commands import _paragraph

    assert _paragraph("a_b *c* <d>\n`e_f`") == r"a\_b \*c\* \<d\> `e_f`"
    assert _paragraph("Example: istdbench a --b,\nistdbench c") == "```sh\nistdbench a --b,\nistdbench c\n```".replace(
        ",", ""
    )


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES], ids=lambda path: path.name)
def test_every_link_to_a_file_leads_to_one(path):
    links = re.findall(r"\]\((?!\w+:|#)([^)\s#]+)", path.read_text(encoding="utf-8"))
    lost = [link for link in links if not (path.parent / link).exists()]
    assert lost == []


def test_every_page_is_reached_from_the_navigation():
    navigation = re.findall(
        r"[\w/]+\.(?:md|ipynb)", (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    )
    assert sorted(navigation) == [os.fspath(path.relative_to(DOCS)) for path in PAGES]
