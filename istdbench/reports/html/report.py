"""From the names of records to the files of a report."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from istdbench.engine.progress import Track, silent
from istdbench.errors import UsageError
from istdbench.files import atomic_write
from istdbench.registry import METRICS
from istdbench.reports import figures
from istdbench.reports.html.evidence import gather
from istdbench.reports.html.page import chapter, render
from istdbench.reports.rows import boards
from istdbench.results import RECORDS, Store, look_up


def write_report(
    names: Sequence[str],
    out: Path,
    page: Path,
    *,
    plots: Path | None = None,
    images: int = 8,
    maps: Path | None = None,
    predict: bool = True,
    track: Track = silent,
) -> tuple[list[Path], list[str]]:
    """Write the page, and the plots as PNG and SVG.

    Args:
        names: records, as `look_up` takes them; none means all under `out`.
        out: folder of the leaderboards.
        plots: folder of the plots; None writes none.
        images: how many are shown of each board.
        maps: the folder given to `istdbench run --maps`.
        predict: make score maps again; without them there are no curves, breakdowns and pictures.

    Returns:
        Paths of the files, and for what rows there are no score maps, and why.

    Raises:
        UsageError: there are no records, a name means none or several, or the records lie in several stores.
        IstdbenchError: a record or its table is damaged, or a file could not be written.
    """
    found = [look_up(name, out / RECORDS) for name in names]
    roots = {store.root for store, _ in found}
    if len(roots) > 1:
        raise UsageError(f"records of several folders ({', '.join(map(str, sorted(roots)))}); give those of one")
    store = Store(roots.pop()) if roots else Store(out / RECORDS)
    records = [record for _, record in found] if names else store.load_all()
    if not records:
        raise UsageError(f"no records under {store.root}; make some with `istdbench run`")
    entries = METRICS.all()
    chapters = []
    for board in boards(records, entries):
        evidence, problems = gather(board, store, maps, track) if predict else ([], [])
        chapters.append(chapter(board, entries, store, evidence, problems, images))
    atomic_write(page, render(chapters, entries, version("istdbench")))
    written = [page]
    if plots is not None:
        for plot in (plot for each in chapters for plot in each.all_plots):
            written += figures.write_both(plot.figure, plots, plot.name)
    return written, [problem for each in chapters for problem in each.problems]
