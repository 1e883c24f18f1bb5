"""From records to the files of a report."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

from istdbench.errors import UsageError
from istdbench.files import atomic_write
from istdbench.metrics.metric import Metric
from istdbench.reports import figures
from istdbench.reports.html.evidence import Gather
from istdbench.reports.html.page import Chapter, chapter, render
from istdbench.reports.rows import Board, boards
from istdbench.results import RECORDS, Store
from istdbench.results.lookup import Found


def write_report(
    found: Sequence[Found],
    entries: Sequence[Metric],
    out: Path,
    page: Path,
    *,
    gather: Gather | None = None,
    plots: Path | None = None,
    images: int = 8,
) -> tuple[list[Path], list[str]]:
    """Write the page, and the plots as PNG and SVG.

    Args:
        found: the records; none means all under `out`.
        entries: the metric columns; the first one, IoU, orders the rows.
        out: folder of the leaderboards.
        gather: gives what the score maps show, as that of `istdbench.runs.gather` does; None takes records only, so
            that there are no curves, breakdowns and pictures.
        plots: folder of the plots; None writes none.
        images: how many are shown of each board.

    Returns:
        Paths of the files, and for what rows there are no score maps, and why.

    Raises:
        UsageError: there are no records, or they lie in several stores.
        IstdbenchError: a record or its table is damaged, or a file could not be written.
    """
    roots = {each.store.root for each in found}
    if len(roots) > 1:
        raise UsageError(f"records of several folders ({', '.join(map(str, sorted(roots)))}); give those of one")
    store = Store(roots.pop()) if roots else Store(out / RECORDS)
    for each in found:
        store.check(each.record)
    made: dict[str, Chapter] = {}
    while True:
        with store.locked() if _is_shared(store) else nullcontext():
            shown = boards([each.record for each in found] or store.load_all(), entries)
            if not shown:
                raise UsageError(f"no sound records under {store.root}; make some with `istdbench run`")
            new = [board for board in shown if _content(board) not in made]
            if not new:  # nothing was recorded while the chapters were made
                chapters = [made[_content(board)] for board in shown]
                atomic_write(page, render(chapters, entries, version("istdbench")))
                break
        for board in new:
            evidence, problems = gather(board, store) if gather else ([], [])
            made[_content(board)] = chapter(board, entries, store, evidence, problems, images)
    written = [page]
    if plots is not None:
        for plot in (plot for each in chapters for plot in each.all_plots):
            written += figures.write_both(plot.figure, plots, plot.name)
    return written, [problem for each in chapters for problem in each.problems]


def _is_shared(store: Store) -> bool:
    """Whether other processes may record something here meanwhile: nobody does where nothing can be written."""
    return os.access(store.root, os.W_OK)


def _content(board: Board) -> str:
    """What a chapter is made from: another text where a row or a number is another."""
    return "\n".join(run.to_json() for row in board.rows for run in row.runs)
