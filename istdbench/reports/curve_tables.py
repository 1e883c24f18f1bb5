"""Curves and breakdowns as tables: what `istdbench curves` prints and writes, and what the HTML report shows."""

from __future__ import annotations

import io
from pathlib import Path

from istdbench.files import atomic_write
from istdbench.lazy import numpy as np
from istdbench.lazy import pandas as pd
from istdbench.metrics.alarms import ALARMED, FALSE_REGIONS
from istdbench.metrics.analysis import Analysis
from istdbench.metrics.breakdown import BREAKDOWNS, Breakdown
from istdbench.metrics.curves import DEFINITIONS, Curves
from istdbench.reports import cells
from istdbench.statistics import wilson


def values(curves: Curves) -> pd.DataFrame:
    """Each curve in one number, with its definition."""
    found = curves.values()
    return pd.DataFrame(
        {"value": found.values(), "definition": DEFINITIONS.values()}, index=pd.Index(found, name="name")
    )


def detection_points(curves: Curves) -> pd.DataFrame:
    """The steps of Pd*: one row for each number of targets detected that is worth its Fa.

    Where there are images without a target, each row says too what its threshold does on those.
    """
    curve, alarms = curves.detection(), curves.alarms
    best = curve.best()
    found = pd.DataFrame(
        {
            "threshold": best.thresholds,
            "detected": best.detected,
            "Pd": curve.pd(best.detected),
            "false_pixels": best.false_pixels,
            "Fa": curve.fa(best.false_pixels),
        }
    )
    if not alarms.backgrounds:
        return found
    regions, alarmed = alarms.at(best.thresholds)
    shares = {FALSE_REGIONS.name: regions / alarms.backgrounds, ALARMED.name: alarmed / alarms.backgrounds}
    return found.assign(**shares)


def breakdown(analysis: Analysis, by: Breakdown) -> pd.DataFrame:
    """One row a bin; Pd with its 95 % Wilson interval, NaN where the bin has no target."""
    groups = by.groups(analysis.findings.values())
    ends = [wilson(group.detected, group.targets) or (np.nan, np.nan) for group in groups]
    return pd.DataFrame(
        {
            by.name: [group.label for group in groups],
            "targets": [group.targets for group in groups],
            "hits": [group.detected for group in groups],
            "misses": [group.targets - group.detected for group in groups],
            "Pd": [group.pd for group in groups],
            "Pd_low": [low for low, _ in ends],
            "Pd_high": [high for _, high in ends],
            "IoU": [group.iou for group in groups],
            "false_alarms": [group.false_alarms for group in groups],
        }
    )


def readable(analysis: Analysis, by: Breakdown) -> pd.DataFrame:
    """`breakdown` for a terminal: the interval of Pd is one column, and hits, being targets less misses, are out."""
    table = breakdown(analysis, by)
    ends = zip(table["Pd_low"], table["Pd_high"], strict=True)
    intervals = [cells.NONE if np.isnan(low) else f"{low:.3f}–{high:.3f}" for low, high in ends]
    table = table.drop(columns=["hits", "Pd_low", "Pd_high"]).rename(columns={"false_alarms": "false alarms"})
    table.insert(list(table.columns).index("Pd") + 1, "95 % of Pd", intervals)
    return table


def tables(analysis: Analysis, threshold: float) -> dict[str, pd.DataFrame]:
    """Every curve and breakdown by name, as files hold them; breakdowns say the threshold of their findings."""
    curves = analysis.curves
    false, true = curves.pixels().roc()
    precision, recall = curves.pixels().precision_recall()
    return {
        "values": values(curves).reset_index(),
        "pd_fa": detection_points(curves),
        "roc": pd.DataFrame({"false_positive_rate": false, "true_positive_rate": true}),
        "precision_recall": pd.DataFrame({"recall": recall, "precision": precision}),
        **{f"by_{by.name}": breakdown(analysis, by).assign(threshold=threshold) for by in BREAKDOWNS},
    }


def write_csv(analysis: Analysis, threshold: float, folder: Path) -> list[Path]:
    """Write each table as `<folder>/<name>.csv`; returns their paths.

    Raises:
        IstdbenchError: a file could not be written.
    """
    paths = []
    for name, table in tables(analysis, threshold).items():
        buffer = io.StringIO()
        table.to_csv(buffer, index=False, lineterminator="\n")
        paths.append(folder / f"{name}.csv")
        atomic_write(paths[-1], buffer.getvalue())
    return paths
