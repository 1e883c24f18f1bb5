"""The model card of an entry of the zoo: what its weights are, how they were made, and what they are good for.

Everything in it comes from the entry's record and learning curve, and from the package's own words for its data sets.
"""

from __future__ import annotations

import json
import math

from istdbench.committed.entry import CURVE, RECORD, Entry
from istdbench.lazy import pandas as pd
from istdbench.registry import DATASETS, METRICS, build_dataset
from istdbench.reports import cells, markdown
from istdbench.reports.board_table import HEADLINES
from istdbench.reports.papers import published_for
from istdbench.results import GridInfo, MetricsInfo
from istdbench.runs.verify import TOLERANCE

CURVE_ROWS = 10
TEMPLATE = """\
# {method} on {dataset}, protocol {protocol}, seed {seed}

Written by `istdbench zoo` from [`{record_file}`]({record_file}) and [`{curve_file}`]({curve_file}); edits are lost.

Weights of `{method}` ({options}): {parameters} parameters, {precision}, {megabytes:.1f} MB, SHA-256 \
`{entry.sha256}`. Method: {paper}.

    istdbench run --methods {method} --dataset {dataset} --protocol {protocol} --seeds {seed} --force

finds them, and scores them again.

## Figures

On the {scored.part} part of split `{scored.split}`, {scored.images} images; a pixel is predicted where its score is \
greater than {rules.scoring.threshold:g}; metric version {record.metrics.version}. [low, high] is the 95 % interval \
over images.

{figures}

## Data

`{dataset}` ({dataset_summary}). {terms} Trained on the {facts.part} part of split `{facts.split}`, {facts.images} \
images; data fingerprint `{facts.fingerprint:.12}`.

## Recipe

Protocol `{protocol}`: {rules.summary}. {facts.epochs} epochs, {facts.steps:,} steps, {duration} on {facts.device}; \
the weights are those of the last epoch. Made with {versions}. In full:

```json
{recipe}
```

To make them again:

    istdbench train {method} --dataset {dataset} --protocol {protocol} --seed {seed} --no-score
    istdbench zoo add {method} --dataset {dataset} --protocol {protocol} --seed {seed}

The same seed gives the same bits on the same machine with the same versions and threads, and elsewhere weights of \
the same kind.

## Learning curve

{curve}

Loss is the mean over an epoch's training crops. Every epoch stands in [`{curve_file}`]({curve_file}).

## Limits

{limits}
"""


def card(entry: Entry) -> str:
    """The card as Markdown. The same entry gives the same bytes."""
    record, facts, protocol = entry.record, entry.training, entry.protocol
    recipe = protocol.model_dump(mode="json", include={"data", "input", "training"}, exclude_none=True)
    return TEMPLATE.format(
        entry=entry,
        record=record,
        facts=facts,
        rules=protocol,
        scored=record.dataset,
        method=record.method.name,
        dataset=record.dataset.name,
        protocol=record.protocol.name,
        seed=record.seed,
        options=", ".join(f"{key}={value}" for key, value in sorted(entry.header.options.items())) or "no options",
        paper=record.method.paper.rstrip("."),
        parameters=cells.number(record.probes.get("parameters", {}).get("parameters"), ","),
        precision={"float16": "half precision (float16)", "float32": "single precision (float32)"}[entry.precision],
        megabytes=entry.size / 1e6,
        dataset_summary=DATASETS.get(record.dataset.spec.name).summary,
        terms=build_dataset(record.dataset.spec).terms,
        figures=_figures(entry),
        duration=_duration(entry.seconds),
        versions=", ".join(f"{name} {number}" for name, number in facts.versions.items()),
        recipe=json.dumps(recipe, indent=2, sort_keys=True),
        curve=_curve(entry.curve),
        limits="\n".join(f"- {limit}" for limit in _limits(entry)),
        record_file=RECORD,
        curve_file=CURVE,
    )


def _figures(entry: Entry) -> str:
    """Every metric with its interval, on the native grid and on the second one where there is one."""
    metrics = entry.record.metrics
    grids: list[tuple[str, MetricsInfo | GridInfo]] = [("native grid", metrics)]
    if metrics.second_grid is not None:
        side = metrics.second_grid.side
        grids.append((f"{side} × {side}", metrics.second_grid))
    shown = [metric for metric in METRICS.all() if metric.name in metrics.values]
    columns = {"metric": [cells.heading(metric) for metric in shown]}
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
            columns[f"{part}: {cells.heading(metric)}"] = [cells.metric(metric, value) for value in rows[name]]
    return markdown.table_of_columns(columns, numbers=slice(1, None))


def _limits(entry: Entry) -> list[str]:
    record, facts = entry.record, entry.training
    limits = [
        f"Trained on `{facts.dataset}` and scored on `{record.dataset.name}` alone: nothing is known of other "
        "sensors, scenes and data sets.",
        f"One seed ({facts.seed}): the intervals are over images, and say nothing of how far another training lands.",
        f"Trained for {_duration(entry.seconds)} on {facts.device}.",
    ]
    paper = published_for(record.dataset.name, record.dataset.split).get(record.method.name)
    if paper is not None:
        figures = (
            f"{metric.label} {cells.metric(metric, paper.values[metric.name])}"
            for metric in METRICS.all()
            if metric.name in paper.values
        )
        limits[-1] += f" The paper's own figures are of another training: {', '.join(figures)} ({paper.source})."
    if entry.precision == "float16":
        limits.append(
            f"Against the weights as they were trained, in single precision, no metric changes by more than "
            f"{TOLERANCE:.1%} of itself."
        )
    else:
        limits.append(f"Kept in single precision: in half, a metric changes by more than {TOLERANCE:.1%} of itself.")
    return limits


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes >= 10 else f"{minutes:.1f} min"
