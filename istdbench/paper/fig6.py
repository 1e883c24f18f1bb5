"""Fig. 6: what the stages of an encoder attend to, and how far they tell targets from background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.metrics.regions import find_regions
from istdbench.paper.stages import StageMap, find_stages, stage_maps
from istdbench.paper.tsne import SEED, check_installed, embed
from istdbench.progress import Track, silent
from istdbench.reports import figures
from istdbench.reports.rows import Row
from istdbench.runs.from_record import recorded_job, recorded_network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IMAGES = 32
"""Test images whose cells t-SNE may draw on."""
CELLS = 200
"""Cells of targets, and of background, that t-SNE draws at most."""
WIDTH = 2.1
"""Inches of a column."""
TARGET, BACKGROUND = "#D55E00", "#0072B2"
CAPTION = (
    "Fig. 6 of MiM-ISTD shows feature maps and t-SNE of stage outputs. It could not be seen; here: the mean of "
    f"|activation| over the channels, and cells of up to {IMAGES} test images, at most {CELLS} with a target and as "
    "many without, standardised by channel."
)


@dataclass(frozen=True)
class Cloud:
    """Cells of one stage in the plane of t-SNE: places (n, 2), and which hold a target (n,)."""

    places: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class Seen:
    """One method: every stage on the shown image, and the cloud of every stage."""

    maps: Sequence[StageMap]
    clouds: Sequence[Cloud]


def fig6(rows: Sequence[Row], image: str | None = None, track: Track = silent) -> Figure:
    """Run the networks that the records name, and draw it: two lines of panels a method.

    Args:
        rows: of one setting; each is seen through its newest run.
        image: whose maps are shown; None takes the first test image.

    Raises:
        UsageError: a method without stages or with another number of them, or an image that was not scored.
        IstdbenchError: scikit-learn, data or weights are not here.
    """
    check_installed()
    jobs = [recorded_job(row.newest) for row in rows]
    dataset, names = jobs[0].dataset, jobs[0].test_names
    shown = names[0] if image is None else image
    if shown not in names:
        raise UsageError(f"{dataset.name}: no image {shown!r} in its {jobs[0].split} test images")
    samples = {name: dataset.load(name) for name in dict.fromkeys([shown, *names[:IMAGES]])}
    found = {}
    for row, job in zip(rows, jobs, strict=True):
        method = job.learned("it has no stages; leave it out of --methods")
        network, transform = recorded_network(row.newest, job)
        stages = find_stages(network, row.method)
        wanted = track(samples, f"fig6: {row.method}")
        maps = {name: stage_maps(network, stages, method.in_channels, transform, samples[name]) for name in wanted}
        clouds = [cloud(stage) for stage in zip(*(maps[name] for name in names[:IMAGES]), strict=True)]
        found[row.method] = Seen(maps[shown], clouds)
    return draw(samples[shown], found)


def cloud(maps: Sequence[StageMap]) -> Cloud:
    """As many background cells as target cells of one stage on several images, drawn with a fixed seed."""
    vectors = np.concatenate([each.features.reshape(-1, each.features.shape[2]) for each in maps])
    target = np.concatenate([each.target.ravel() for each in maps])
    random = np.random.default_rng(SEED)
    count = min(CELLS, int(target.sum()), int((~target).sum()))
    chosen = np.concatenate([random.choice(np.flatnonzero(kind), count, replace=False) for kind in (~target, target)])
    return Cloud(embed(vectors[chosen]), target[chosen])


def draw(sample: Sample, found: Mapping[str, Seen]) -> Figure:
    """The figure.

    Args:
        sample: the shown image.
        found: by the method's name.

    Raises:
        UsageError: methods with different numbers of stages.
    """
    from matplotlib.figure import Figure

    counts = {method: len(seen.maps) for method, seen in found.items()}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{method} {count}" for method, count in counts.items())
        raise UsageError(f"networks of different numbers of stages ({told}) share no figure; draw one for each")
    stages = next(iter(counts.values()))
    height, width = sample.image.shape
    with figures.style():
        lines = WIDTH * height / width + 0.35, WIDTH + 0.2
        size = (WIDTH * (stages + 1) + 0.3, sum(lines) * len(found) + 0.5)
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(2 * len(found), stages + 1, squeeze=False, height_ratios=lines * len(found))
        for place, (method, seen) in enumerate(found.items()):
            above, below = grid[2 * place], grid[2 * place + 1]
            _image(above[0], sample, method)
            below[0].set_axis_off()
            for number, axes in enumerate(above[1:], start=1):
                _map(axes, seen.maps[number - 1], f"stage {number}")
            for axes in above:
                axes.set_box_aspect(height / width)
            for axes, each in zip(below[1:], seen.clouds, strict=True):
                _cloud(axes, each)
            below[1].set_ylabel("t-SNE 2")
        handles, labels = grid[1][1].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def _image(axes: Axes, sample: Sample, method: str) -> None:
    height, width = sample.image.shape
    axes.imshow(sample.image, cmap="gray", extent=(0, width, height, 0))
    for place in _centres(sample.mask):
        axes.scatter(*place, s=90, facecolors="none", edgecolors=TARGET)
    axes.set(title=figures.label(sample.name), ylabel=figures.label(method))
    figures.bare(axes)


def _map(axes: Axes, stage: StageMap, title: str) -> None:
    """The activation, with rings where cells hold a target."""
    height, width = stage.target.shape
    axes.imshow(stage.activation, cmap="viridis", extent=(0, width, height, 0), interpolation="nearest", aspect="auto")
    for place in _centres(stage.target):
        axes.scatter(*place, s=90, facecolors="none", edgecolors="white")
    axes.set_title(f"{title}, stride {stage.stride}")
    figures.bare(axes)


def _cloud(axes: Axes, found: Cloud) -> None:
    for kind, colour, marker, label in (
        (~found.target, BACKGROUND, "o", "background cell"),
        (found.target, TARGET, "^", "cell with a target"),
    ):
        x, y = found.places[kind].T
        axes.scatter(x, y, s=9, c=colour, marker=marker, label=label, alpha=0.7, linewidths=0)
    count = int(found.target.sum())
    axes.set_xlabel(f"t-SNE 1, {count} + {count} cells", labelpad=2)
    axes.margins(0.06)
    figures.bare(axes)


def _centres(mask: np.ndarray) -> list[tuple[float, float]]:
    """x and y of the middle of each region."""
    return [(column + 0.5, row + 0.5) for row, column in find_regions(mask).centroids.tolist()]
