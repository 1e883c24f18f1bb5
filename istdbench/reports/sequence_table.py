"""What is told of sequences: each one's own values beside the pooled ones, and what a reader must know of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from istdbench.metrics.by_sequence import OF_SEQUENCES, Values, mean, worst
from istdbench.metrics.metric import Metric
from istdbench.reports import cells
from istdbench.reports.rows import Board, Known, Row
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.results.record_parts import as_number

SUMMARIES: dict[str, Callable[[Metric, Iterable[Values]], float]] = {"mean of sequences": mean, "worst": worst}
"""What stands below the sequences of a method."""

OVER_SEQUENCES = (
    "Frames of one sequence are not independent: intervals here, of Pd too, and tests resample whole sequences, of "
    "which there are {sequences}. Over so few an interval is itself rough, and mostly too short."
)
POINTS = (
    "Only the centre of each target is known: a predicted region whose centroid is nearer than 3 px detects it, and "
    "IoU, nIoU, precision, recall and F1 of pixels are undefined."
)
NO_TARGETS = "No image here has a target: rows are in the order of Fa, and metrics that need a target are left out."


def told_of(sequences: int | None, truth: Known) -> list[str]:
    """The sentences that a reader of numbers over such images must know; none of single images with masks.

    Args:
        sequences, truth: as of `Board`.
    """
    over = [OVER_SEQUENCES.format(sequences=sequences)] if sequences else []
    return over + {"points": [POINTS], "none": [NO_TARGETS], "masks": []}[truth]


def sequence_table(board: Board) -> Table | None:
    """Of each row and sequence its frames, Pd, Fa and false regions a frame; None where images are single ones.

    Of several seeds each value is the mean.
    """
    if board.sequences is None:
        return None
    lines = [line for row, label in zip(board.rows, board.labels, strict=True) for line in _lines(row, label)]
    columns = [
        Column("method", "method", [words(method) for method, _, _ in lines], number=False),
        Column("sequence", "sequence", [words(sequence) for _, sequence, _ in lines], number=False),
        Column("frames", "frames", [_frames(values) for _, _, values in lines]),
        *(_column(entry, [values for *_, values in lines]) for entry in OF_SEQUENCES),
    ]
    return Table(f"{board.setting.title}, by sequence", {}, columns)


def _lines(row: Row, label: str) -> list[tuple[str, str, Values]]:
    """Label, name of a sequence or of a summary, and values."""
    found = _over_seeds([run.metrics.by_sequence or {} for run in row.runs])
    summaries = [
        (label, name, {entry.name: summary(entry, found.values()) for entry in OF_SEQUENCES})
        for name, summary in SUMMARIES.items()
    ]
    return [*((label, name, values) for name, values in found.items()), *summaries]


def _over_seeds(runs: Sequence[dict[str, dict[str, float | None]]]) -> dict[str, dict[str, float | None]]:
    """The mean over seeds of each value, undefined as soon as one is."""
    return {
        sequence: {name: _mean([run[sequence][name] for run in runs]) for name in values}
        for sequence, values in runs[0].items()
    }


def _mean(values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return sum(found) / len(found) if len(found) == len(values) else None


def _frames(values: Values) -> Cell:
    frames = values.get("frames")
    return Cell(cells.number(None if frames is None else int(frames), "d"), frames)


def _column(entry: Metric, lines: Sequence[Values]) -> Column:
    values = [as_number(line[entry.name]) for line in lines]
    return Column(entry.name, cells.heading(entry), [Cell(cells.metric(entry, value), value) for value in values])
