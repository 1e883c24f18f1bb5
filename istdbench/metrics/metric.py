"""What a metric is to the harness: a name, how it is shown, and a formula of per-image counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from istdbench.lazy import numpy as np
from istdbench.metrics.counts import ImageCounts, to_table


@dataclass(frozen=True)
class Ratio:
    """A formula: the sum of the images' parts over the sum of their wholes.

    Most metrics are such a ratio, and a mean over images is one whose wholes are 1. What an image adds is all that
    resampling needs: ten thousand samples of images are one matrix product.

    Attributes:
        part, whole: what each image adds, as arithmetic on the fields of `ImageCounts`. The fields are columns of a
            table, (n,) int64, with a row an image; one of the two may be the same number for all images.

    >>> regions_an_image = Ratio(lambda image: image.regions, lambda image: 1)
    >>> empty = ImageCounts(64, 0, 0, 0, targets=0, detected=0, regions=0, false_regions=0, false_pixels=0)
    >>> noisy = ImageCounts(64, 0, 3, 0, targets=0, detected=0, regions=3, false_regions=3, false_pixels=3)
    >>> regions_an_image([empty, noisy])
    1.5
    """

    part: Callable[[ImageCounts], Any]
    whole: Callable[[ImageCounts], Any]

    def terms(self, table: np.ndarray) -> np.ndarray:
        """Part and whole of each image, (n, 2) float64, from a table of counts (n, 9), see `counts.to_table`."""
        columns = ImageCounts(*table.T)
        return np.stack(np.broadcast_arrays(self.part(columns), self.whole(columns)), axis=1).astype(np.float64)

    def __call__(self, counts: Sequence[ImageCounts]) -> float:
        """The value on a set of images; NaN where the wholes add up to zero."""
        part, whole = map(math.fsum, self.terms(to_table(counts)).T)  # fsum: the same whatever the order of the images
        return part / whole if whole else math.nan


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric as a plugin registers it.

    Attributes:
        name: the key in records and in `--json`.
        label: the heading in tables.
        summary: one line for `istdbench list metrics`.
        higher_is_better: which way the arrow points and tables are sorted.
        formula: a `Ratio`, or any function of the counts of a set's images; NaN where the value is undefined, never
            an exception.
        scale: tables show value * scale. Records hold the value itself.
        unit: what the shown value is in, such as "1e-6"; "" for a plain fraction.
        bounds: the least and the greatest value that it can have: a record that says another is damaged.
        interval: what its 95 % interval is made by: "wilson" where part and whole of the ratio count successes and
            trials that can be taken as independent, "bootstrap" over images otherwise.
        optional: whether it is about images that most data sets have none of. Where it is undefined it is then left out
            of records, tables and comparisons, and it stands on no second grid, on which a target may vanish.
        extents: whether it looks at which pixels targets cover, so that it is undefined where their centres alone are
            known.
        of_targets: whether it says something only of images among which there are targets: where there is none, it is
            undefined, or the same whatever is predicted.

    >>> miss_rate = Metric(
    ...     name="miss_rate",
    ...     label="Misses",
    ...     summary="targets that no region detects over targets",
    ...     higher_is_better=False,
    ...     formula=Ratio(lambda image: image.targets - image.detected, lambda image: image.targets),
    ...     scale=100,
    ...     unit="%",
    ... )
    >>> miss_rate.compute([ImageCounts(64, 4, 0, 4, targets=4, detected=3, regions=3, false_regions=0, false_pixels=0)])
    0.25
    """

    name: str
    label: str
    summary: str
    higher_is_better: bool
    formula: Callable[[Sequence[ImageCounts]], float]
    scale: float = 1.0
    unit: str = ""
    bounds: tuple[float, float] = (-math.inf, math.inf)
    interval: Literal["bootstrap", "wilson"] = "bootstrap"
    optional: bool = False
    extents: bool = True
    of_targets: bool = True

    def compute(self, counts: Sequence[ImageCounts]) -> float:
        """The value on a set of images; NaN where it is undefined."""
        return self.formula(counts)

    @property
    def terms(self) -> Callable[[np.ndarray], np.ndarray] | None:
        """`Ratio.terms`, which intervals and tests work on; None where the formula is no ratio: it then has neither."""
        return self.formula.terms if isinstance(self.formula, Ratio) else None


def defined_on(truth: str, entries: Iterable[Metric]) -> list[Metric]:
    """The metrics that a kind of truth allows: on "points" those that look at no pixel of a target, on "none", where no
    image has a target, those that need none."""
    if truth == "none":
        return [entry for entry in entries if not entry.of_targets]
    return [entry for entry in entries if truth == "masks" or not entry.extents]
