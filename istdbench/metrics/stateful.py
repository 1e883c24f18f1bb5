"""torchmetrics classes: they keep per-image counts over batches and processes, and compute from those alone."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric as TorchMetric
from torchmetrics.utilities import dim_zero_cat

from istdbench.errors import DataError
from istdbench.metrics import alarms
from istdbench.metrics import declared as built_in
from istdbench.metrics.counting import DISTANCE, THRESHOLD, count_image
from istdbench.metrics.counts import FIELDS, ImageCounts, from_table, to_table
from istdbench.metrics.metric import Metric

Maps = Tensor | np.ndarray | Sequence[Tensor | np.ndarray]


class CountsMetric(TorchMetric, ABC):
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
                batch.append(count_image(score, mask, threshold=self.threshold, distance=self.distance))
            except DataError as error:
                raise DataError(f"image {index} of the batch: {error}") from error
        self.counts.append(torch.from_numpy(to_table(batch)).to(self.device))

    def per_image(self) -> list[ImageCounts]:
        """Counts of this process' images in the order they came; of all processes' inside `sync_context()`."""
        if not len(self.counts):
            return []
        return from_table(dim_zero_cat(self.counts).cpu().numpy())

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """As torchmetrics does it, but a process without images offers an empty table, not an empty float vector."""
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
        return built_in.summarise(self.per_image())


class SingleMetric(CountsMetric, ABC):
    """One value, as a declaration of `istdbench.metrics.declared` has it.

    Attributes:
        declared: the declaration; direction and docstring of the class are taken from it.
    """

    declared: Metric

    def __init_subclass__(cls, declared: Metric, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.declared = declared
        cls.higher_is_better = declared.higher_is_better
        cls.__doc__ = cls.__doc__ or f"{declared.label}: {declared.summary}."

    def compute(self) -> Tensor:
        """The value, a float64 scalar; NaN where it is undefined."""
        return torch.tensor(self.declared.compute(self.per_image()), dtype=torch.float64)


class IoU(SingleMetric, declared=built_in.IOU): ...


class NIoU(SingleMetric, declared=built_in.NIOU):
    """nIoU: mean of per-image IoU, with a policy for empty images; see `istdbench.metrics.declared.niou`.

    >>> nothing = torch.zeros(8, 8)
    >>> skip, one = NIoU(), NIoU(empty="one")
    >>> skip(nothing, nothing).item(), one(nothing, nothing).item()
    (nan, 1.0)
    """

    def __init__(self, *, empty: built_in.EmptyPolicy = "skip", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty

    def compute(self) -> Tensor:
        """The value, a float64 scalar; NaN where it is undefined."""
        return torch.tensor(built_in.niou(self.empty)(self.per_image()), dtype=torch.float64)


class Pd(SingleMetric, declared=built_in.PD): ...


class Fa(SingleMetric, declared=built_in.FA): ...


class PixelPrecision(SingleMetric, declared=built_in.PRECISION): ...


class PixelRecall(SingleMetric, declared=built_in.RECALL): ...


class PixelF1(SingleMetric, declared=built_in.F1): ...


class TargetPrecision(SingleMetric, declared=built_in.TARGET_PRECISION): ...


class TargetF1(SingleMetric, declared=built_in.TARGET_F1): ...


class FalseRegions(SingleMetric, declared=alarms.FALSE_REGIONS): ...


class AlarmedBackgrounds(SingleMetric, declared=alarms.ALARMED): ...


class AlarmsPerHour(SingleMetric, declared=alarms.ALARMS_PER_HOUR): ...


def _split(maps: Maps) -> list[np.ndarray]:
    """Maps one by one, each (H, W); bfloat16, which NumPy has not, as the same numbers in float32."""
    if isinstance(maps, Tensor):
        exact = maps.float() if maps.dtype == torch.bfloat16 else maps
        return _split(exact.detach().cpu().numpy())
    if not isinstance(maps, np.ndarray):
        return [image for item in maps for image in _split(item)]
    array = maps[:, 0] if maps.ndim == 4 and maps.shape[1] == 1 else maps
    if array.ndim not in (2, 3):
        raise DataError(f"maps of shape {array.shape}; pass (B, 1, H, W), (B, H, W) or (H, W)")
    return [array] if array.ndim == 2 else list(array)
