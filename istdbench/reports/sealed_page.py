"""The leaderboard of the sealed track, `sealed.md`: how dim and small a target each submission still detects."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from istdbench.files import atomic_write
from istdbench.metrics.metric import Metric
from istdbench.reports import markdown
from istdbench.reports.badges import RE_RUN, of_submission
from istdbench.reports.markdown import code, escaped, folded
from istdbench.reports.reporter import Reporter
from istdbench.results import Record
from istdbench.results.sealed_record import SEALED, SealedPoint, SealedRecord, examine_sealed
from istdbench.statistics import wilson

HALF = 0.5
LEGEND = f"""\
Written by `istdbench leaderboard` from the records that the last column of the folded tables links; edits are lost. \
Scenes are `synth`'s, with exact truth. For each submission they were drawn anew, from a seed that did not exist \
before it was closed: the first 31 bits of SHA-256 over `istdbench sealed track TRACK COMMIT`, where COMMIT is the \
hash of the commit that brought the submission in. So nobody can have trained on them, and anybody can draw them \
again: `istdbench sealed submissions/NAME --commit COMMIT`.

At each point (background, target size σ, contrast) the threshold is that of the largest Pd at the false-alarm rate \
named above the table, on validation images; Pd and Fa are those of other images. *Limit* is the signal-to-clutter \
ratio from which on Pd is at least {HALF:g}, linearly between the contrasts that were measured. Rows are in the order \
of Pd over all points; [low, high] is its 95 % Wilson interval. Scenes of two rows differ, but for chance they are \
alike."""


def sealed_page(records: Iterable[SealedRecord]) -> str:
    """The page: a table for each version of the track, false-alarm rate and number of images, newest version first."""
    of = sorted(records, key=lambda each: (-each.track, each.fa, each.images))
    blocks = ["# Sealed track", LEGEND]
    for (track, fa, images), group in itertools.groupby(of, key=lambda each: (each.track, each.fa, each.images)):
        rows = sorted(group, key=lambda each: (-_pd(each.points), each.submission, each.commit))
        blocks += [f"## Track {track}, Fa {fa:g}, {images} images a point", _table(rows)]
        blocks += [folded(f"{row.submission}: every point", *_details(row)) for row in rows]
    return "\n\n".join(blocks) + "\n"


def write(records: Sequence[Record], entries: Sequence[Metric], folder: Path) -> list[Path]:
    """Write `<folder>/sealed.md` from the records in `folder / SEALED`; nothing where there are none."""
    found, _ = examine_sealed(folder)
    if not found:
        return []
    path = folder / f"{SEALED}.md"
    atomic_write(path, sealed_page(found))
    return [path]


SEALED_PAGE = Reporter("sealed", "detection limits on scenes that nobody can have seen, as sealed.md", write)


def limit(points: Iterable[SealedPoint]) -> str:
    """The contrast from which on Pd is at least `HALF`: `2.4`; `≤ 1` where it is at the first, `> 6` where at none.

    Args:
        points: of one background and size.
    """
    ordered = sorted(points, key=lambda point: point.scr)
    reached = list(itertools.takewhile(lambda point: point.pd >= HALF, reversed(ordered)))
    if not reached:
        return f"> {ordered[-1].scr:g}"
    above = reached[-1]
    if above is ordered[0]:
        return f"≤ {above.scr:g}"
    below = ordered[ordered.index(above) - 1]
    if math.isnan(below.pd):
        return f"≤ {above.scr:g}"
    return f"{below.scr + (above.scr - below.scr) * (HALF - below.pd) / (above.pd - below.pd):.2f}"


def _table(rows: Sequence[SealedRecord]) -> str:
    kinds = sorted({(point.clutter, point.sigma) for row in rows for point in row.points})
    headings = [
        "method",
        "Pd ↑",
        "Fa ×10⁻⁶ ↓",
        *(f"limit, {clutter}, σ {sigma:g} ↓" for clutter, sigma in kinds),
        "badge",
    ]
    cells = [
        [
            f"{escaped(row.method)}<br><sub>{escaped(row.submission)}</sub>",
            _pd_cell(row.points),
            f"{1e6 * sum(point.fa for point in row.points) / len(row.points):.3f}",
            *(escaped(limit(own)) if (own := _of(row, *kind)) else "–" for kind in kinds),
            ", ".join(of_submission(RE_RUN, row.author)),
        ]
        for row in rows
    ]
    return markdown.table(headings, cells, numbers=slice(1, -1))


def _details(row: SealedRecord) -> list[str]:
    told = f"Commit {code(row.commit)}, seed {row.seed}, record {code(row.record[:12])}."
    headings = ["background", "σ, pixels", "SCR", "Pd", "targets", "Fa ×10⁻⁶", "record"]
    source = markdown.link(row.provenance.created[:10], f"{SEALED}/{row.file}")
    cells = [
        [
            point.clutter,
            f"{point.sigma:g}",
            f"{point.scr:g}",
            _pd_cell([point]),
            str(point.targets),
            f"{1e6 * point.fa:.3f}",
            source,
        ]
        for point in row.points
    ]
    return [told, markdown.table(headings, cells, numbers=slice(1, -1))]


def _of(row: SealedRecord, clutter: str, sigma: float) -> list[SealedPoint]:
    return [point for point in row.points if (point.clutter, point.sigma) == (clutter, sigma)]


def _pd(points: Sequence[SealedPoint]) -> float:
    targets = sum(point.targets for point in points)
    return sum(point.detected for point in points) / targets if targets else math.nan


def _pd_cell(points: Sequence[SealedPoint]) -> str:
    """Pd of all points together, with its interval."""
    ends = wilson(sum(point.detected for point in points), sum(point.targets for point in points))
    behind = f"<br><sub>[{ends[0]:.3f}, {ends[1]:.3f}]</sub>" if ends else ""
    return f"{_pd(points):.3f}{behind}"
