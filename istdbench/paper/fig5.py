"""Fig. 5: test images, their masks, and what each method predicts, with a target enlarged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.metrics.breakdown import Findings
from istdbench.reports import figures
from istdbench.reports.html.gallery import image_iou
from istdbench.reports.html.pictures import Box, edges, kinds, zooms
from istdbench.reports.rows import Row
from istdbench.results import Store
from istdbench.runs.map_sources import of_record
from istdbench.scoring.collectors import FindingCollector

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IMAGES = 4
WIDTH = 2.1
"""Inches of a column."""
INSET = 0.46
"""Side of an enlargement, as a part of the image's shorter side."""
ZOOM = "#F0E442"
TRUTH: dict[str, Any] = {"color": "#56B4E9", "linestyle": "-"}
LOOKS: dict[str, dict[str, Any]] = {
    "hit": {"color": "#009E73", "linestyle": "-"},
    "miss": {"color": "#D55E00", "linestyle": "--"},
    "false": {"color": "#E69F00", "linestyle": ":"},
}
LABELS = {"hit": "hit", "miss": "miss", "false": "false alarm"}
CAPTION = (
    "Fig. 5 of MiM-ISTD shows masks of several methods with enlarged targets. Its images could not be seen; these are "
    "named, or those on which the methods differ most."
)


def fig5(rows: Sequence[Row], store: Store, images: Sequence[str] = ()) -> Figure:
    """Predict again what the records hold, and draw it: a row an image, a column a method.

    Args:
        rows: of one setting; each is seen through its newest run.
        images: their names; none takes those on which the methods' IoU is farthest apart.

    Raises:
        UsageError: an image that was not scored.
        IstdbenchError: data or weights are not here, or a record or its table is damaged.
    """
    records = [row.newest for row in rows]
    sources = [of_record(record) for record in records]
    tables = [store.per_image(record) for record in records]
    names = images or most_different(tables)
    if unknown := [name for name in names if name not in sources[0].names]:
        raise UsageError(
            f"{sources[0].dataset.name}: no image {', '.join(unknown)} in split {sources[0].split}, part "
            f"{sources[0].part}; it has {', '.join(sources[0].names[:5])} and so on"
        )
    found = {}
    for row, source in zip(rows, sources, strict=True):
        findings = FindingCollector(source.threshold)
        source.show(findings, names=names)
        found[row.method] = [findings.by_name[name] for name in names]
    iou = {method: image_iou(table) for method, table in zip(found, tables, strict=True)}
    return draw([sources[0].dataset.load(name) for name in names], found, iou)


def most_different(tables: Sequence[pd.DataFrame], count: int = IMAGES) -> list[str]:
    """The images with targets on which the methods' IoU is farthest apart; of equals the one of the lower IoU first.

    Args:
        tables: the per-image table of each method.
    """
    iou = pd.concat([image_iou(table) for table in tables], axis=1)
    iou = iou[(tables[0]["targets"] > 0).to_numpy()]
    order = pd.DataFrame({"apart": iou.min(axis=1) - iou.max(axis=1), "lowest": iou.min(axis=1)})
    return order.sort_values(["apart", "lowest"], kind="stable").index[:count].to_list()


def draw(samples: Sequence[Sample], found: Mapping[str, Sequence[Findings]], iou: Mapping[str, pd.Series]) -> Figure:
    """The figure.

    Args:
        found: by the method's name, the findings on each sample.
        iou: by the method's name, the IoU of each image by its name.
    """
    from matplotlib.figure import Figure

    heights = [sample.image.shape[0] / sample.image.shape[1] for sample in samples]
    columns = ("image", "ground truth", *found)
    with figures.style():
        size = (WIDTH * len(columns), WIDTH * sum(heights) + 0.2 * len(samples) + 0.6)
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(samples), len(columns), squeeze=False, height_ratios=heights)
        for axes, title in zip(grid[0], columns, strict=True):
            axes.set_title(figures.label(title))
        for panels, sample, *findings in zip(grid, samples, *found.values(), strict=True):
            _row(panels, sample, findings, [values[sample.name] for values in iou.values()])
        _legend(figure)
    return figure


def _row(panels: Sequence[Axes], sample: Sample, findings: Sequence[Findings], iou: Sequence[float]) -> None:
    """One image: itself, its mask, and the prediction of each method."""
    shape, truth = sample.mask.shape, findings[0].target_regions.pixels
    zoom = next(iter(zooms(sample, findings)), None)
    low, high = float(sample.image.min()), float(sample.image.max())
    _, *enlarged = _views(panels[0], (sample.image - low) / max(high - low, 1e-9), zoom)
    for view in enlarged:  # not in the whole image, where it would hide the target
        _outline(view, truth, shape, TRUTH)
    _views(panels[1], sample.mask * 1.0, zoom)
    panels[0].set_ylabel(figures.label(sample.name))
    for axes, found, value in zip(panels[2:], findings, iou, strict=True):
        predicted = np.zeros(sample.mask.size)
        predicted[found.predicted_regions.pixels] = 1
        for view in _views(axes, predicted.reshape(shape), zoom):
            _outline(view, truth, shape, TRUTH)
            for kind, pixels in kinds(found).items():
                _outline(view, pixels, shape, LOOKS[kind])
        for target in found.targets:
            _ring(axes, target.place, "hit" if target.detected else "miss")
        for alarm in found.false_alarms:
            _ring(axes, alarm.place, "false")
        hits, false = sum(target.detected for target in found.targets), len(found.false_alarms)
        said = f"IoU {value:.2f}, {hits} of {len(found.targets)} hit, {false} false"
        axes.set_xlabel(said, labelpad=2)


def _views(axes: Axes, picture: np.ndarray, zoom: Box | None) -> list[Axes]:
    """The picture in its panel, and enlarged in the corner that is farthest from what is enlarged."""
    height, width = picture.shape
    views = [axes]
    if zoom is not None:
        wide, high = (INSET * min(picture.shape) / side for side in (width, height))
        left = 0 if zoom.left + zoom.side / 2 > width / 2 else 1 - wide
        bottom = 0 if zoom.top + zoom.side / 2 < height / 2 else 1 - high
        inset = axes.inset_axes((left, bottom, wide, high))
        views.append(inset)
    for view in views:
        view.imshow(picture, cmap="gray", vmin=-0.15, vmax=1, extent=(0, width, height, 0), interpolation="nearest")
        figures.bare(view)
    if zoom is not None:
        inset.set(xlim=(zoom.left, zoom.left + zoom.side), ylim=(zoom.top + zoom.side, zoom.top))
        inset.spines[:].set(color=ZOOM, linewidth=1)
        axes.indicate_inset((zoom.left, zoom.top, zoom.side, zoom.side), edgecolor=ZOOM, alpha=1, linewidth=1)
    return views


def _outline(axes: Axes, pixels: np.ndarray, shape: tuple[int, int], look: Mapping[str, Any]) -> None:
    from matplotlib.collections import LineCollection

    along, down = edges(pixels, shape)
    lines = [((start, line), (end, line)) for line, start, end in along]
    lines += [((line, start), (line, end)) for line, start, end in down]
    axes.add_collection(LineCollection(lines, linewidths=1.1, **look), autolim=False)


def _ring(axes: Axes, place: tuple[float, float], kind: str) -> None:
    """A circle of constant size on paper, so that a region of a few pixels is seen."""
    row, column = place
    look = LOOKS[kind]
    axes.scatter(
        column + 0.5, row + 0.5, s=110, facecolors="none", edgecolors=look["color"], linestyles=look["linestyle"]
    )


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], label=LABELS[kind], linewidth=1.6, **look) for kind, look in LOOKS.items()]
    lines.append(Line2D([], [], label="outline of the mask", linewidth=1.6, **TRUTH))
    figure.legend(handles=lines, loc="outside lower center", ncols=len(lines))
