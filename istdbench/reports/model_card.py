"""The model card of an entry of the zoo: what its weights are, how they were made, and what they are good for.

Everything in it comes from the entry's record and learning curve, and from the package's own words for its data sets.
"""

from __future__ import annotations

import json
import math

import pandas as pd

from istdbench.engine.verify import TOLERANCE
from istdbench.engine.zoo import CURVE, RECORD, Entry
from istdbench.metrics.spec import MetricEntry
from istdbench.registry import DATASETS, METRICS, build_dataset
from istdbench.reports import cells
from istdbench.reports.leaderboard import HEADLINES
from istdbench.reports.published import published_for
from istdbench.results import GridInfo, MetricsInfo
from istdbench.spec import parse_spec

CURVE_ROWS = 10
TEMPLATE = """\
# {method} on {dataset}, protocol {protocol}, seed {seed}

Written by `istdbench zoo` from [`{record_file}`]({record_file}) and [`{curve_file}`]({curve_file}); edits are lost.

Weights of `{method}` ({options}): {parameters} parameters, {precision}, {megabytes:.1f} MB, SHA-256 \
`{sha256}`. Method: {paper}.

    istdbench run --methods {method} --dataset {dataset} --protocol {protocol} --seeds {seed} --force

finds them, and scores them again.

## Figures

On the {test_part} part of split `{split}`, {test_images} images; a pixel is predicted where its score is greater than \
{threshold:g}; metric version {metric_version}. [low, high] is the 95 % interval over images.

{figures}

## Data

`{dataset}` ({dataset_summary}). {terms} Trained on the {part} part of split `{train_split}`, {images} images; data \
fingerprint `{fingerprint}`.

## Recipe

Protocol `{protocol}`: {summary}. {epochs} epochs, {steps:,} steps, {duration} on {device}; the weights are those of \
the last epoch. Made with {versions}. In full:

```json
{recipe}
```

To make them again:

    istdbench train {method} --dataset {dataset} --protocol {protocol} --seed {seed}
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
    record, header, protocol = entry.record, entry.header, entry.protocol
    recipe = protocol.model_dump(mode="json", include={"data", "input", "training"}, exclude_none=True)
    return TEMPLATE.format(
        method=record.method.name,
        options=", ".join(f"{key}={value}" for key, value in sorted(header.options.items())) or "no options",
        paper=record.method.paper.rstrip("."),
        parameters=_parameters(entry),
        precision={"float16": "half precision (float16)", "float32": "single precision (float32)"}[entry.precision],
        megabytes=entry.size / 1e6,
        sha256=entry.sha256,
        dataset=record.dataset.name,
        dataset_summary=DATASETS.get(parse_spec(record.dataset.name).name).summary,
        terms=build_dataset(parse_spec(record.dataset.name)).terms,
        protocol=record.protocol.name,
        summary=protocol.summary,
        seed=record.seed,
        split=record.dataset.split,
        test_part=record.dataset.part,
        test_images=record.dataset.images,
        threshold=protocol.scoring.threshold,
        metric_version=record.metrics.version,
        figures=_figures(entry),
        part=header.part,
        train_split=header.split,
        images=header.images,
        fingerprint=header.fingerprint[:12],
        epochs=header.epochs,
        steps=header.steps,
        duration=_duration(header.seconds),
        device=header.device,
        versions=", ".join(f"{name} {number}" for name, number in header.versions.items()),
        recipe=json.dumps(recipe, indent=2, sort_keys=True),
        curve=_curve(entry.curve),
        limits="\n".join(f"- {limit}" for limit in _limits(entry)),
        record_file=RECORD,
        curve_file=CURVE,
    )


def _parameters(entry: Entry) -> str:
    count = entry.record.probes.get("parameters", {}).get("parameters")
    return f"{count:,}" if isinstance(count, int) else cells.NONE


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
    return _table(pd.DataFrame(columns))


def _curve(curve: pd.DataFrame) -> str:
    """Ten rows or so: loss, and the first metrics on validation images where there were any."""
    every = math.ceil(len(curve) / CURVE_ROWS)
    rows = curve[(curve["epoch"] % every == 0) | (curve["epoch"] == curve["epoch"].iloc[-1])]
    columns = {"epoch": rows["epoch"].map(str), "loss": rows["loss"].map("{:.4f}".format)}
    for metric in METRICS.all()[:HEADLINES]:
        for name in rows.columns[rows.columns.str.endswith(f"_{metric.name}")]:
            part = name.removesuffix(f"_{metric.name}")
            columns[f"{part}: {cells.heading(metric)}"] = _shown(metric, rows[name])
    return _table(pd.DataFrame(columns))


def _shown(metric: MetricEntry, values: pd.Series) -> pd.Series:
    return values.map(lambda value: cells.metric(metric, value))


def _limits(entry: Entry) -> list[str]:
    record, header = entry.record, entry.header
    limits = [
        f"Trained on `{header.dataset}` and scored on `{record.dataset.name}` alone: nothing is known of other "
        "sensors, scenes and data sets.",
        f"One seed ({header.seed}): the intervals are over images, and say nothing of how far another training lands.",
        f"Trained for {_duration(header.seconds)} on {header.device}.",
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


def _table(frame: pd.DataFrame) -> str:
    align = ["left"] + ["right"] * (frame.shape[1] - 1)
    return frame.to_markdown(index=False, disable_numparse=True, colalign=align)
