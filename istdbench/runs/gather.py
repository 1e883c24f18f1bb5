"""What the report needs beyond records: the score maps behind them, predicted again or read, and looked at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from istdbench.errors import IstdbenchError
from istdbench.metrics.analysis import Analysis
from istdbench.metrics.breakdown import Findings
from istdbench.progress import Track, silent
from istdbench.reports.html.evidence import Evidence
from istdbench.reports.rows import Board
from istdbench.results import Record, Store
from istdbench.runs.map_sources import of_record
from istdbench.scoring.collectors import CurveCollector, FindingCollector


def gather(
    board: Board, store: Store, *, maps: Path | None = None, track: Track = silent
) -> tuple[list[Evidence], list[str]]:
    """The evidence of each row, best first, and why a row has none: data or weights that are not here.

    Args:
        store: where the records are, with their per-image tables.
        maps: the folder given to `istdbench run --maps`: maps that are there are read, others are made and kept.
    """
    found, problems = [], []
    for row, label in zip(board.rows, board.labels, strict=True):
        record = row.newest
        try:
            source = of_record(record, maps=maps)
            curves, findings = CurveCollector(), FindingCollector(source.threshold)
            source.show(curves, findings, track=track, title=f"report: {label} on {source.dataset.name}")
            same = _as_recorded(findings.by_name, record, store)
        except IstdbenchError as error:
            problems.append(f"{label}: {error}")
        else:
            analysis = Analysis(curves.curves, findings.by_name)
            found.append(Evidence(label, source.dataset, analysis, source.threshold, len(source.names), same))
    return found, problems


def _as_recorded(findings: Mapping[str, Findings], record: Record, store: Store) -> int:
    """How many images have the counts of the record's table."""
    columns = ["name", "targets", "detected", "false_regions", "false_pixels"]
    rows = set(store.per_image(record)[columns].itertuples(index=False, name=None))
    return sum((name, *_counts(found)) in rows for name, found in findings.items())


def _counts(found: Findings) -> tuple[int, int, int, int]:
    detected, false_pixels = sum(each.detected for each in found.targets), sum(each.area for each in found.false_alarms)
    return len(found.targets), detected, len(found.false_alarms), false_pixels
