"""torchmetrics classes: they keep per-image counts over batches and processes, and compute from those alone."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from istdbench.errors import DataError
from istdbench.metrics import functional
from istdbench.metrics.counts import DISTANCE, FIELDS, THRESHOLD, ImageCounts, count_image, from_table, to_table
from istdbench.metrics.reference import summarise

Maps = Tensor | np.ndarray | Sequence[Tensor | np.ndarray]


class CountsMetric(Metric, ABC):
    """The state that all metrics here share: a row of counts an image.

    Counting runs on the CPU, wherever the maps are. In a run of several processes `compute` merges the rows of all,
    in the order of the ranks; a process without an image takes part as well.

    Attributes:
        counts: tables (n, 9) int64 with a row an image, one table an update; between `sync` and `unsync` one tensor
            with the rows of all processes.

    Args:
        threshold: a pixel is predicted where its score is greater than this.
        distance: pixels; a region detects a target when their centroids are nearer than this.
        kwargs: see torchmetrics.Metric.
    """

    is_differentiable = False
    full_state_update = False

    counts: list[Tensor]

    def __init__(self, *, threshold: float = THRESHOLD, distance: float = DISTANCE, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold
        self.distance = distance
        self.add_state("counts", default=[], dist_reduce_fx="cat")

    def update(self, scores: Maps, masks: Maps) -> None:
        """Count a batch. Nothing of it is kept when one of its images is refused.

        Args:
            scores: in [0, 1]: (B, 1, H, W), (B, H, W) or (H, W), or a list of such where image sizes differ.
            masks: binary, the same way.

        Raises:
            DataError: as `count_image`, naming the image by its place in the batch; or the numbers of maps differ.
        """
        score_maps, mask_maps = _split(scores), _split(masks)
        if len(score_maps) != len(mask_maps):
            raise DataError(f"{len(score_maps)} score maps but {len(mask_maps)} masks; pass one mask for each map")
        batch = []
        for index, (score, mask) in enumerate(zip(score_maps, mask_maps, strict=True)):
            try:
                counts = count_image(score, mask, threshold=self.threshold, distance=self.distance)
            except DataError as error:
                raise DataError(f"image {index} of the batch: {error}") from error
            batch.append(counts)
        self.counts.append(torch.from_numpy(to_table(batch)).to(self.device))

    def per_image(self) -> list[ImageCounts]:
        """Counts of this process' images in the order they came; of all processes' inside `sync_context()`."""
        if not len(self.counts):
            return []
        return from_table(dim_zero_cat(self.counts).cpu().numpy())

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """As torchmetrics', which for a process without data would offer a float vector that fits no table."""
        if not len(self.counts):
            self.counts = [torch.empty((0, len(FIELDS)), dtype=torch.int64, device=self.device)]
        super().sync(*args, **kwargs)


class ReferenceMetrics(CountsMetric):
    """All reference metrics at once.

    >>> metrics = ReferenceMetrics()
    >>> scores, masks = torch.zeros(2, 1, 8, 8), torch.zeros(2, 1, 8, 8, dtype=torch.bool)
    >>> masks[0, 0, 2:4, 2:4] = scores[0, 0, 2:4, 2:4] = True
    >>> metrics.update(scores, masks)
    >>> values = metrics.compute()
    >>> values["IoU"], values["nIoU"], values["Pd"], values["Fa"]
    (1.0, 1.0, 1.0, 0.0)
    """

    def compute(self) -> dict[str, float]:
        """Value by name (`istdbench.metrics.REFERENCE`), as floats; NaN where a value is undefined."""
        return summarise(self.per_image())


class SingleMetric(CountsMetric, ABC):
    """One value: a subclass names the function of the counts."""

    higher_is_better = True
    formula: Callable[[Sequence[ImageCounts]], float]

    def compute(self) -> Tensor:
        """The value, a float64 scalar; NaN where it is undefined."""
        return torch.tensor(self.formula(self.per_image()), dtype=torch.float64)


class IoU(SingleMetric):
    """Intersection over union of all pixels of the set; see `functional.iou`."""

    formula = staticmethod(functional.iou)


class NIoU(SingleMetric):
    """Mean of per-image IoU; see `functional.niou` for `empty`.

    >>> nothing = torch.zeros(8, 8)
    >>> skip, one = NIoU(), NIoU(empty="one")
    >>> skip(nothing, nothing).item(), one(nothing, nothing).item()
    (nan, 1.0)
    """

    def __init__(self, *, empty: functional.EmptyPolicy = "skip", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty

    def formula(self, counts: Sequence[ImageCounts]) -> float:
        return functional.niou(counts, self.empty)


class Pd(SingleMetric):
    """Probability of detection; see `functional.probability_of_detection`."""

    formula = staticmethod(functional.probability_of_detection)


class Fa(SingleMetric):
    """False-alarm rate, a fraction of all pixels; see `functional.false_alarm_rate`."""

    higher_is_better = False
    formula = staticmethod(functional.false_alarm_rate)


class PixelPrecision(SingleMetric):
    """Precision of pixels; see `functional.precision`."""

    formula = staticmethod(functional.precision)


class PixelRecall(SingleMetric):
    """Recall of pixels; see `functional.recall`."""

    formula = staticmethod(functional.recall)


class PixelF1(SingleMetric):
    """F1 of pixels; see `functional.f1`."""

    formula = staticmethod(functional.f1)


class TargetPrecision(SingleMetric):
    """Precision of predicted regions; see `functional.target_precision`. Recall of targets is `Pd`."""

    formula = staticmethod(functional.target_precision)


class TargetF1(SingleMetric):
    """F1 of targets; see `functional.target_f1`."""

    formula = staticmethod(functional.target_f1)


def _split(maps: Maps) -> list[np.ndarray]:
    """Maps one by one, each (H, W)."""
    if not isinstance(maps, Tensor | np.ndarray):
        return [image for item in maps for image in _split(item)]
    array = _to_numpy(maps) if isinstance(maps, Tensor) else maps
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (2, 3):
        raise DataError(f"maps of shape {tuple(array.shape)}; pass (B, 1, H, W), (B, H, W) or (H, W)")
    return [array] if array.ndim == 2 else list(array)


def _to_numpy(tensor: Tensor) -> np.ndarray:
    """The tensor on the CPU; bfloat16, which NumPy has not, as the same numbers in float32."""
    exact = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    return exact.detach().cpu().numpy()
