"""From records to the files of a report."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from istdbench.errors import UsageError
from istdbench.files import atomic_write
from istdbench.metrics.metric import Metric
from istdbench.reports import figures
from istdbench.reports.html.evidence import Gather
from istdbench.reports.html.page import chapter, render
from istdbench.reports.rows import boards
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
    records = [each.record for each in found] if found else store.load_all()
    if not records:
        raise UsageError(f"no records under {store.root}; make some with `istdbench run`")
    chapters = []
    for board in boards(records, entries):
        evidence, problems = gather(board, store) if gather else ([], [])
        chapters.append(chapter(board, entries, store, evidence, problems, images))
    atomic_write(page, render(chapters, entries, version("istdbench")))
    written = [page]
    if plots is not None:
        for plot in (plot for each in chapters for plot in each.all_plots):
            written += figures.write_both(plot.figure, plots, plot.name)
    return written, [problem for each in chapters for problem in each.problems]
