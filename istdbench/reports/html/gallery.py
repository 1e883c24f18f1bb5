"""Which images are shown, worst first, and what each card says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from istdbench.metrics.breakdown import Findings
from istdbench.reports.html.evidence import Evidence
from istdbench.reports.html.pictures import Box, Outlines, outline, outlines, png, zooms
from istdbench.reports.rows import Board
from istdbench.results import Store


@dataclass(frozen=True)
class Picture:
    """One method on one image."""

    method: str
    outlines: Outlines
    caption: str


@dataclass(frozen=True)
class Card:
    """One image.

    Attributes:
        png: data URI.
        truth: SVG path data of the mask's outline.
        zooms: what is shown closer.
    """

    name: str
    width: int
    height: int
    targets: int
    png: str
    truth: str
    zooms: Sequence[Box]
    pictures: Sequence[Picture]

    @property
    def shown_width(self) -> float:
        """In the page's em: as wide as a height of 14.4 allows, at most 20."""
        return round(min(14.4 * self.width / self.height, 20), 2)

    @property
    def shown_height(self) -> float:
        """In em, of the image and of its zooms."""
        return round(self.shown_width * self.height / self.width, 2)

    @property
    def said(self) -> str:
        """The card's heading, without the name."""
        return f"{self.width} × {self.height}, {_number(self.targets, 'target')}"


def cards(board: Board, store: Store, evidence: Sequence[Evidence], count: int) -> list[Card]:
    """The images on which the best method has the lowest IoU, lowest first, seen by all methods.

    Raises:
        IstdbenchError: a per-image table is missing or was changed.
    """
    rows = zip(board.labels, board.rows, strict=True)
    tables = {label: image_iou(store.per_image(row.newest)) for label, row in rows}
    worst = tables[evidence[0].method].sort_values(kind="stable").index[:count]
    return [_card(name, evidence, {method: float(table[name]) for method, table in tables.items()}) for name in worst]


def image_iou(table: pd.DataFrame) -> pd.Series:
    """IoU of each image by name; 1 where nothing was there and nothing was predicted."""
    union = table["true_positive"] + table["false_positive"] + table["false_negative"]
    return (table["true_positive"] / union.where(union > 0)).fillna(1.0).set_axis(table["name"])


def _card(name: str, evidence: Sequence[Evidence], iou: dict[str, float]) -> Card:
    sample = evidence[0].dataset.load(name)
    found = [each.analysis.findings[name] for each in evidence]
    height, width = sample.mask.shape
    return Card(
        name,
        width,
        height,
        len(found[0].targets),
        png(sample.image),
        outline(found[0].target_regions.pixels, sample.mask.shape),
        zooms(sample, found),
        [
            Picture(each.method, outlines(findings, sample.mask.shape), _said(findings, iou[each.method]))
            for each, findings in zip(evidence, found, strict=True)
        ],
    )


def _said(found: Findings, iou: float) -> str:
    hits = sum(target.detected for target in found.targets)
    return (
        f"IoU {iou:.2f}: {_number(hits, 'hit')}, {_number(len(found.targets) - hits, 'miss', 'misses')}, "
        f"{_number(len(found.false_alarms), 'false alarm')}"
    )


def _number(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
