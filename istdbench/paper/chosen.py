"""Which records a figure is drawn from: a row a method, all of one setting."""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.errors import UsageError
from istdbench.metrics.metric import Metric
from istdbench.reports.rows import Row, boards
from istdbench.results import Store


def rows_of(
    store: Store, entries: Sequence[Metric], dataset: str, methods: Sequence[str], protocol: str | None = None
) -> list[Row]:
    """The best row of each method, of the setting that was run last: rows of two settings cannot be compared.

    Args:
        entries: the first one, IoU, says which row is best.
        methods: as typed.
        protocol: by name; None takes any.

    Raises:
        UsageError: there is no such record; the message says how to make it.
    """
    found = [
        board
        for board in boards(store.load_all(), entries)
        if board.setting.dataset == dataset and protocol in (None, board.setting.protocol)
    ]
    if not found:
        by = f" by protocol {protocol}" if protocol else ""
        raise UsageError(f"no records of {dataset}{by} under {store.root}; {_fix(methods, dataset, protocol)}")
    board = max(found, key=lambda board: max(row.newest.provenance.created for row in board.rows))
    best = {row.method: row for row in reversed(board.rows)}
    if missing := [method for method in methods if method not in best]:
        raise UsageError(
            f"no record of {', '.join(missing)} under {store.root} on {board.setting.title}; it has {', '.join(best)}; "
            f"name some of these with --methods, or {_fix(missing, dataset, board.setting.protocol)}"
        )
    return [best[method] for method in methods]


def _fix(methods: Sequence[str], dataset: str, protocol: str | None) -> str:
    by = f" --protocol {protocol}" if protocol else ""
    return f"make them with `istdbench run --methods {','.join(methods)} --dataset {dataset}{by}`"
