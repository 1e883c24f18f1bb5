"""Hits, misses and false alarms one by one, and how they spread over target size, contrast and crowding."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from istdbench.metrics.counting import DISTANCE, THRESHOLD, above, check_maps
from istdbench.metrics.regions import Regions, find_regions, match_regions

MARGIN = 20


@dataclass(frozen=True)
class Target:
    """A target of the mask, and what became of it.

    Attributes:
        place: row and column of its centroid, pixels.
        area: pixels.
        scr: see `local_scr`.
        in_image: targets in its image, itself among them.
        detected: whether a region was matched with it, as in `count_image`.
        iou: of its pixels and those of that region; 0 where it is missed.
    """

    place: tuple[float, float]
    area: int
    scr: float
    in_image: int
    detected: bool
    iou: float


@dataclass(frozen=True)
class FalseAlarm:
    """A predicted region that no target was matched with; fields as those of `Target`, of the region."""

    place: tuple[float, float]
    area: int
    scr: float
    in_image: int


@dataclass(frozen=True)
class Findings:
    """One image at one threshold.

    Attributes:
        matches: (targets,) the region that detects each target, -1 where missed, as by `match_regions`.
    """

    targets: tuple[Target, ...]
    false_alarms: tuple[FalseAlarm, ...]
    target_regions: Regions
    predicted_regions: Regions
    matches: np.ndarray


def examine(
    image: np.ndarray, score: np.ndarray, mask: np.ndarray, *, threshold: float = THRESHOLD, distance: float = DISTANCE
) -> Findings:
    """Find each target and each false alarm of one image.

    Args:
        image: (H, W) grey levels.
        score: (H, W), in [0, 1].
        mask: (H, W), bool.
        threshold, distance: as in `count_image`.

    Raises:
        DataError: as `count_image`.
    """
    truth = check_maps(score, mask)
    targets, regions = find_regions(truth), find_regions(above(score, threshold))
    matches = match_regions(targets, regions, distance)
    false = np.setdiff1d(np.arange(len(regions)), matches)
    of_targets, of_regions = targets.each(), regions.each()
    return Findings(
        tuple(
            Target(
                *_seen(image, truth, targets, index, of_targets[index]),
                in_image=len(targets),
                detected=match >= 0,
                iou=_overlap(of_targets[index], of_regions[match]) if match >= 0 else 0.0,
            )
            for index, match in enumerate(matches.tolist())
        ),
        tuple(
            FalseAlarm(*_seen(image, truth, regions, index, of_regions[index]), in_image=len(targets))
            for index in false.tolist()
        ),
        targets,
        regions,
        matches,
    )


def local_scr(image: np.ndarray, pixels: np.ndarray, excluded: np.ndarray) -> float:
    """Local signal-to-clutter ratio |mean of the target - mean around it| / standard deviation around it.

    Around it is the target's bounding box with 20 pixels on each side, cut at the image's edge, without the target and
    without other targets. After Gao et al., IPI, IEEE TIP 2013, Section V, whose window of (a + 2d) x (b + 2d) with
    d = 20 it is. `synth` has an SCR of its own, of a target's peak: see `Scene`.

    Args:
        image: (H, W) grey levels.
        pixels: (n,) the target's, as indices into the flattened image.
        excluded: (H, W) bool, True where a pixel is not background.

    Returns:
        Infinite in front of a background without variation, 0 where the target has its level too; NaN where nothing
        of the window is background.
    """
    rows, columns = np.divmod(pixels, image.shape[1])
    window = tuple(slice(max(0, side.min() - MARGIN), side.max() + MARGIN + 1) for side in (rows, columns))
    background = ~excluded[window]
    background[rows - window[0].start, columns - window[1].start] = False
    levels = image[window][background].astype(np.float64)
    if not levels.size:
        return math.nan
    contrast, deviation = abs(float(image.ravel()[pixels].mean(dtype=np.float64) - levels.mean())), float(levels.std())
    return contrast / deviation if deviation else math.inf if contrast else 0.0


@dataclass(frozen=True)
class Group:
    """The findings of one bin.

    Attributes:
        iou: mean of `Target.iou` over all targets of the bin, misses included; NaN without targets.
    """

    label: str
    targets: int
    detected: int
    iou: float
    false_alarms: int

    @property
    def pd(self) -> float:
        """Detected over targets; NaN without targets."""
        return self.detected / self.targets if self.targets else math.nan


@dataclass(frozen=True)
class Breakdown:
    """A way to sort findings into bins.

    Attributes:
        name: the key in files and in `--json`.
        title: the heading.
        definition: what is measured; false alarms are sorted by the same quantity of their own.
        labels: of the bins.
        edges: (len(labels) - 1,) a bin holds edges[i - 1] <= value < edges[i].
    """

    name: str
    title: str
    definition: str
    labels: tuple[str, ...]
    edges: tuple[float, ...]
    value: Callable[[Target | FalseAlarm], float]

    def groups(self, findings: Iterable[Findings]) -> list[Group]:
        """One group a bin, and one more for undefined values where there are any."""
        targets: list[list[Target]] = [[] for _ in (*self.labels, "undefined")]
        false_alarms = [0] * len(targets)
        for image in findings:
            for target in image.targets:
                targets[self._bin(target)].append(target)
            for false_alarm in image.false_alarms:
                false_alarms[self._bin(false_alarm)] += 1
        groups = [_group(*each) for each in zip((*self.labels, "undefined"), targets, false_alarms, strict=True)]
        return groups if groups[-1].targets or groups[-1].false_alarms else groups[:-1]

    def _bin(self, finding: Target | FalseAlarm) -> int:
        value = self.value(finding)
        return len(self.labels) if math.isnan(value) else int(np.searchsorted(self.edges, value, side="right"))


BREAKDOWNS = (
    Breakdown(
        name="size",
        title="Size, pixels",
        definition="area in the mask; 80 pixels, 0.12 % of 256 x 256, are the usual bound of a small target",
        labels=("1–9", "10–25", "26–49", "50–80", "81 and more"),
        edges=(10, 26, 50, 81),
        value=lambda finding: finding.area,
    ),
    Breakdown(
        name="scr",
        title="Local SCR",
        definition=(
            "|mean of the target − mean around it| / standard deviation around it; around it: its bounding box with "
            f"{MARGIN} pixels on each side, without targets"
        ),
        labels=("below 2", "2–4", "4–8", "8–16", "16 and more"),
        edges=(2, 4, 8, 16),
        value=lambda finding: finding.scr,
    ),
    Breakdown(
        name="in_image",
        title="Targets in the image",
        definition="how many targets its image has",
        labels=("none", "one", "several"),
        edges=(1, 2),
        value=lambda finding: finding.in_image,
    ),
)


def _group(label: str, targets: Sequence[Target], false_alarms: int) -> Group:
    iou = math.fsum(target.iou for target in targets) / len(targets) if targets else math.nan
    return Group(label, len(targets), sum(target.detected for target in targets), iou, false_alarms)


def _seen(
    image: np.ndarray, truth: np.ndarray, regions: Regions, index: int, pixels: np.ndarray
) -> tuple[tuple[float, float], int, float]:
    """Place, area and SCR of a region, whose pixels are given."""
    row, column = regions.centroids[index].tolist()
    return (row, column), int(regions.areas[index]), local_scr(image, pixels, truth)


def _overlap(target: np.ndarray, region: np.ndarray) -> float:
    both = len(np.intersect1d(target, region, assume_unique=True))
    return both / (len(target) + len(region) - both)
