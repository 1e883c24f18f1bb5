"""The page: tables, plots and pictures of each board, put into the template."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from istdbench.metrics.breakdown import BREAKDOWNS, Breakdown
from istdbench.metrics.curves import DEFINITIONS, FA_LIMIT
from istdbench.metrics.metric import Metric, defined_on
from istdbench.reports import cells, curve_tables, figures
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.html import plots
from istdbench.reports.html.evidence import Evidence
from istdbench.reports.html.gallery import Card, cards
from istdbench.reports.html.templates import environment
from istdbench.reports.rows import Board, row_groups
from istdbench.reports.sequence_table import told_of
from istdbench.results import PredictionsInfo, Record, Store
from istdbench.spec import cut
from istdbench.statistics.coverage import MEASURED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = 4
"""Metric columns: IoU, nIoU, Pd and Fa fit a page, and optional metrics where there are any."""


@dataclass(frozen=True)
class Plot:
    """One plot on the page and as files.

    Attributes:
        name: of its files, unique on the page.
        caption: what it shows and how to read it.
    """

    name: str
    caption: str
    figure: Figure

    @property
    def svg(self) -> Markup:
        """The plot as an element of the page."""
        return Markup(figures.inline_svg(self.figure, self.name, self.caption))


@dataclass(frozen=True)
class Chapter:
    """One board with all that is shown of it; `problems` says what could not be.

    `notes` are numbered as the table of the page is written.
    """

    board: Board
    groups: Sequence[int | None]
    cost_plot: Plot
    plots: Sequence[Plot] = ()
    values: Sequence[tuple[str, Sequence[str]]] = ()
    errors: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Any]]]] = ()
    cards: Sequence[Card] = ()
    evidence: Sequence[Evidence] = ()
    problems: Sequence[str] = ()
    notes: Footnotes = field(default_factory=Footnotes)

    @property
    def all_plots(self) -> list[Plot]:
        """In the order of the page."""
        return [self.cost_plot, *self.plots]


def chapter(
    board: Board,
    entries: Sequence[Metric],
    store: Store,
    evidence: Sequence[Evidence],
    problems: Sequence[str],
    images: int,
) -> Chapter:
    """Everything shown of one board.

    Args:
        entries: the first one that the images allow orders rows and is drawn against cost.
        evidence: of the rows that have any, best first.
        images: how many are shown.

    Raises:
        IstdbenchError: a per-image table is missing or was changed.
    """
    ordering = defined_on(board.truth, entries)[0]
    name = f"{board.setting.dataset}-{board.setting.protocol}-{board.setting.protocol_hash[:6]}"
    slug = cut("".join(letter if letter.isalnum() else "-" for letter in name))
    with figures.style():
        cost = Plot(
            f"{slug}-cost",
            f"{ordering.label} with its 95 % interval against cost. A method is on the Pareto front where none "
            "of no higher cost is better. Left of a dotted line: methods whose cost is 0. A method that was not "
            "measured is left out of its panel.",
            plots.costs(board, ordering),
        )
        groups = row_groups(board, entries, store.per_image)
        if not evidence:
            return Chapter(board, groups, cost, problems=problems)
        analyses = {each.method: each.analysis for each in evidence}
        drawn = [
            Plot(
                f"{slug}-curves",
                f"Curves over every distinct score; marks are at the protocol's threshold, {evidence[0].threshold:g}. "
                "Left: the largest Pd of all thresholds with no more than that Fa; its area is taken left of the "
                f"dotted line, Fa {FA_LIMIT:g}.",
                plots.curves(analyses, evidence[0].threshold),
            ),
            Plot(
                f"{slug}-pd",
                "Pd by size, contrast and crowding, with 95 % Wilson intervals; n is the number of targets.",
                plots.breakdowns(analyses),
            ),
            Plot(
                f"{slug}-iou",
                "Mean IoU of a target with the region that detects it, 0 where it is missed, in the same bins.",
                plots.breakdowns(analyses, "IoU"),
            ),
        ]
    by_method = {method: analysis.curves.values() for method, analysis in analyses.items()}
    return Chapter(
        board,
        groups,
        cost,
        drawn,
        [(name, [f"{values[name]:.4f}" for values in by_method.values()]) for name in DEFINITIONS],
        [_errors(evidence, by) for by in BREAKDOWNS],
        cards(board, store, evidence, images),
        evidence,
        problems,
    )


def render(chapters: Sequence[Chapter], entries: Sequence[Metric], version: str) -> str:
    """The whole page; the same chapters give the same text."""
    template = environment("istdbench.reports", "html").get_template("page.html")
    return template.render(
        chapters=chapters,
        entries=entries,
        most=SHOWN,
        cells=cells,
        breakdowns=BREAKDOWNS,
        definitions=DEFINITIONS,
        measured=MEASURED,
        told_of=told_of,
        provenance=_provenance,
        config=_config,
        version=version,
    )


def _config(record: Record) -> Markup:
    """Every field of the protocol, a line each."""
    return escape(json.dumps(record.protocol.config, indent=2, sort_keys=True))


def _errors(evidence: Sequence[Evidence], by: Breakdown) -> tuple[str, Sequence[str], Sequence[Sequence[Any]]]:
    """Title of a breakdown, its bins, and per bin the hits, misses and false alarms of each method."""
    found = [curve_tables.breakdown(each.analysis, by) for each in evidence]
    labels = list(dict.fromkeys(label for table in found for label in table[by.name]))
    indexed = [table.set_index(by.name)[["hits", "misses", "false_alarms"]] for table in found]
    rows = [[tuple(table.loc[label]) if label in table.index else (0, 0, 0) for table in indexed] for label in labels]
    return by.title, labels, rows


def _provenance(record: Record) -> Mapping[str, str]:
    """Where a record's number comes from, as label and text."""
    made, weights, told = record.provenance, record.weights, record.predictions
    revision = f"{made.revision[:12]}{', with changes' if made.dirty else ''}" if made.revision else "none"
    return {
        "record": str(record.path),
        **({"predictions": _read(told)} if told else {}),
        "weights": f"{weights.sha256[:12]} ({weights.source})" if weights else "none",
        "training": _training(weights.training if weights else {}),
        "seed": str(record.seed),
        "made": made.created,
        "command": made.command,
        "code": f"istdbench {made.istdbench}, revision {revision}",
        "versions": f"Python {made.python}, PyTorch {made.torch}, NumPy {made.numpy}, OpenCV {made.opencv}",
        "machine": f"{made.cpu}, {made.threads} threads, {made.gpu or made.device}",
        "system": f"{made.system}; scan {made.scan}",
    }


def _read(told: PredictionsInfo) -> str:
    """Which score maps, and how they were read."""
    scale = "the full scale of a file's type" if told.scale is None else f"{told.scale:g}"
    resized = f", other sizes stretched ({told.resize})" if told.resize else ""
    return f"{told.sha256[:12]} (folder {told.folder}; a score of 1 is {scale}{resized})"


def _training(said: Mapping[str, Any]) -> str:
    """Where weights come from, as a record holds it."""
    if (imported := said.get("imported")) is not None:
        if (told := imported.get("released")) is not None:
            return f"by the authors: {told['file']} of {told['repository']} at {told['commit'][:7]}"
        return f"elsewhere; imported from {imported['file']} (SHA-256 {imported['sha256'][:12]})"
    if not said:
        return "none"
    by = f" by {said['protocol']}" if "protocol" in said else ""
    return f"{said.get('epochs')} epochs on {said.get('images')} images of {said.get('dataset')}{by}"
