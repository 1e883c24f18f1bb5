"""The model card of an entry of the zoo: what its weights are, how they were made, and what they are good for.

Everything in it comes from the entry's record and learning curve, and from the package's own words for its data sets.
"""

from __future__ import annotations

import json
import math

from istdbench.committed.entry import CURVE, RECORD, Entry
from istdbench.lazy import pandas as pd
from istdbench.registry import METRICS, build_dataset, dataset_entries
from istdbench.reports import cells, markdown
from istdbench.reports.board_table import HEADLINES
from istdbench.reports.markdown import code, escaped
from istdbench.reports.papers import from_description, published_for
from istdbench.reports.visible import visible
from istdbench.results import GridInfo, MetricsInfo
from istdbench.runs.verify import TOLERANCE

CURVE_ROWS = 10
TEMPLATE = """\
# {heading}

Written by `istdbench zoo` from [`{record_file}`]({record_file}) and [`{curve_file}`]({curve_file}); edits are lost.

Weights of {method} ({options}): {parameters} parameters, {precision}, {megabytes:.1f} MB, SHA-256 \
`{entry.sha256}`. Method: {paper}.

    istdbench run --methods {typed} --seeds {record.seed} --force

finds them, and scores them again.

## Figures

On the {scored_part} part of split {scored_split}, {scored.images} images; a pixel is predicted where its score is \
greater than {rules.scoring.threshold:g}; metric version {record.metrics.version}. [low, high] is the 95 % interval \
over images.

{figures}

## Data

{dataset} ({dataset_summary}). {terms} Trained on the {trained_part} part of split {trained_split}, {facts.images} \
images; data fingerprint {fingerprint}.

## Recipe

Protocol {protocol}: {summary}. {facts.epochs} epochs, {facts.steps:,} steps, {duration} on {device}; \
the weights are those of the last epoch. Made with {versions}. In full:

```json
{recipe}
```

To make them again:

    istdbench train {typed} --seed {record.seed} --no-score
    istdbench zoo add {typed} --seed {record.seed}

The same seed gives the same bits on the same machine with the same versions and threads, and elsewhere weights of \
the same kind.

## Learning curve

{curve}

Loss is the mean over an epoch's training crops. Every epoch stands in [`{curve_file}`]({curve_file}).

## Limits

{limits}
{replaced}"""


def card(entry: Entry) -> str:
    """The card as Markdown. The same entry gives the same bytes."""
    record, facts, protocol = entry.record, entry.training, entry.protocol
    method, dataset, named = record.method.name, record.dataset.name, record.protocol.name
    recipe = protocol.model_dump(mode="json", include={"data", "input", "training"}, exclude_none=True)
    return TEMPLATE.format(
        entry=entry,
        record=record,
        facts=facts,
        rules=protocol,
        scored=record.dataset,
        heading=escaped(f"{method} on {dataset}, protocol {named}, seed {record.seed}"),
        typed=visible(f"{method} --dataset {dataset} --protocol {named}"),
        method=code(method),
        dataset=code(dataset),
        protocol=code(named),
        summary=escaped(protocol.summary),
        scored_part=escaped(record.dataset.part),
        scored_split=code(record.dataset.split),
        trained_part=escaped(facts.part),
        trained_split=code(facts.split),
        fingerprint=code(facts.fingerprint[:12]),
        device=escaped(facts.device),
        options=escaped(_options(entry)) or "no options",
        paper=escaped(record.method.paper.rstrip(".")),
        parameters=cells.number(record.probes.get("parameters", {}).get("parameters"), ","),
        precision={"float16": "half precision (float16)", "float32": "single precision (float32)"}[entry.precision],
        megabytes=entry.size / 1e6,
        dataset_summary=escaped("; ".join(entry.summary for entry in dataset_entries(record.dataset.spec.name))),
        terms=escaped(build_dataset(record.dataset.spec).terms),
        figures=_figures(entry),
        duration=_duration(entry.seconds),
        versions=escaped(", ".join(f"{name} {number}" for name, number in facts.versions.items())),
        recipe=json.dumps(recipe, indent=2, sort_keys=True),
        curve=_curve(entry.curve),
        limits="\n".join(f"- {limit}" for limit in _limits(entry)),
        replaced=_replaced(entry),
        record_file=RECORD,
        curve_file=CURVE,
    )


def _options(entry: Entry) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(entry.header.options.items()))


def _figures(entry: Entry) -> str:
    """Every metric with its interval, on the native grid and on the second one where there is one."""
    metrics = entry.record.metrics
    grids: list[tuple[str, MetricsInfo | GridInfo]] = [("native grid", metrics)]
    if metrics.second_grid is not None:
        side = metrics.second_grid.side
        grids.append((f"{side} × {side}", metrics.second_grid))
    shown = [metric for metric in METRICS.all() if metric.name in metrics.values]
    columns = {"metric": [escaped(cells.heading(metric)) for metric in shown]}
    for title, grid in grids:
        columns[title] = [cells.metric(metric, grid.value(metric.name)) for metric in shown]
        columns[f"{title}, 95 %"] = [cells.ends(metric, grid.intervals.get(metric.name)) for metric in shown]
    return markdown.table_of_columns(columns, numbers=slice(1, None))


def _curve(curve: pd.DataFrame) -> str:
    """Ten rows or so: loss, and the first metrics on validation images where there were any."""
    every = math.ceil(len(curve) / CURVE_ROWS)
    rows = curve[(curve["epoch"] % every == 0) | (curve["epoch"] == curve["epoch"].iloc[-1])]
    columns = {"epoch": list(map(str, rows["epoch"])), "loss": list(map("{:.4f}".format, rows["loss"]))}
    for metric in METRICS.all()[:HEADLINES]:
        for name in rows.columns[rows.columns.str.endswith(f"_{metric.name}")]:
            part = name.removesuffix(f"_{metric.name}")
            columns[escaped(f"{part}: {cells.heading(metric)}")] = [cells.metric(metric, value) for value in rows[name]]
    return markdown.table_of_columns(columns, numbers=slice(1, None))


def _limits(entry: Entry) -> list[str]:
    record, facts = entry.record, entry.training
    made = from_description(record.method.name)
    limits = [
        *([escaped(made)] if made else []),
        f"Trained on {code(facts.dataset)} and scored on {code(record.dataset.name)} alone: nothing is known of other "
        "sensors, scenes and data sets.",
        f"One seed ({facts.seed}): the intervals are over images, and say nothing of how far another training lands.",
        f"Trained for {_duration(entry.seconds)} on {escaped(facts.device)}.",
    ]
    paper = published_for(record.dataset.name, record.dataset.split, record.dataset.part).get(record.method.name)
    if paper is not None:
        figures = (
            f"{metric.label} {cells.metric(metric, paper.values[metric.name])}"
            for metric in METRICS.all()
            if metric.name in paper.values
        )
        where = escaped(paper.source)
        limits[-1] += f" The paper's own figures are of another training: {', '.join(figures)} ({where})."
    if entry.precision == "float16":
        limits.append(
            f"Against the weights as they were trained, in single precision, no metric changes by more than "
            f"{TOLERANCE:.1%} of itself."
        )
    else:
        limits.append(f"Kept in single precision: in half, a metric changes by more than {TOLERANCE:.1%} of itself.")
    return limits


def _replaced(entry: Entry) -> str:
    """A section on the weights that stood here before; "" where there were none."""
    lines = "".join(f"- `{sha256[:12]}…`: {escaped(why)}\n" for sha256, why in entry.replaced)
    told = "Weights that stood here before, and what others in their place are worth:"
    return f"\n## Replaced\n\n{told}\n\n{lines}" if lines else ""


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes >= 10 else f"{minutes:.1f} min"
