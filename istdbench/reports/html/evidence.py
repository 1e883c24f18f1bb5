"""What the report needs beyond records: the score maps behind them, predicted again or read, and looked at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from istdbench.audit.source import from_record
from istdbench.datasets.base import Dataset
from istdbench.engine.analyse import Analysis, analyse
from istdbench.engine.progress import Track, silent
from istdbench.errors import IstdbenchError
from istdbench.protocols.protocol import Protocol
from istdbench.reports.rows import Board
from istdbench.results import Record, Store


@dataclass(frozen=True)
class Evidence:
    """One row of a board, seen through its newest run.

    Attributes:
        method: the row's name.
        threshold: of the board's protocol, at which hits and false alarms are taken.
        images: of the board (number).
        as_recorded: images whose targets, hits, false alarms and false pixels are those of the record.
    """

    method: str
    dataset: Dataset
    analysis: Analysis
    threshold: float
    images: int
    as_recorded: int


def gather(
    board: Board, store: Store, maps: Path | None = None, track: Track = silent
) -> tuple[list[Evidence], list[str]]:
    """The evidence of each row, best first, and why a row has none: data or weights that are not here.

    Args:
        maps: the folder given to `istdbench run --maps`: maps that are there are read, others are made and kept.
    """
    found, problems = [], []
    for row in board.rows:
        record = row.newest
        try:
            source = from_record(store.root / record.path, maps=maps)
            threshold = Protocol.model_validate(record.protocol.config).scoring.threshold
            names = track(source.names, f"report: {row.method} on {source.dataset.name}")
            analysis = analyse(source.score_of, source.dataset, names, threshold)
            same = _as_recorded(analysis, record, store)
        except IstdbenchError as error:
            problems.append(f"{row.method}: {error}")
        else:
            found.append(Evidence(row.method, source.dataset, analysis, threshold, len(source.names), same))
    return found, problems


def _as_recorded(analysis: Analysis, record: Record, store: Store) -> int:
    table = store.per_image(record).set_index("name")
    seen: Iterable[tuple[str, tuple[int, int, int, int]]] = (
        (
            name,
            (
                len(found.targets),
                sum(target.detected for target in found.targets),
                len(found.false_alarms),
                sum(alarm.area for alarm in found.false_alarms),
            ),
        )
        for name, found in analysis.findings.items()
    )
    recorded = table[["targets", "detected", "false_regions", "false_pixels"]]
    return sum(name in table.index and tuple(recorded.loc[name]) == counts for name, counts in seen)
