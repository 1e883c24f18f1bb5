"""From a gray image to what a network sees, and from its score map back to the image's own grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from istdbench.datasets.crops import stretch, stretch_mask
from istdbench.datasets.dataset import Dataset, Sample
from istdbench.datasets.images import size
from istdbench.notices import Notices
from istdbench.protocols.fields import Input

SHRUNK = 2
"""A side that is shrunk by more than this loses targets: those of the field are a few pixels wide."""


@dataclass(frozen=True)
class InputTransform:
    """Stretch, z-score, pad; the inverse for score maps.

    Attributes:
        resize: side to stretch to, or None for the native size.
        pad: sides are zero-padded to a multiple of this, right and below.
        mean, sd: of the z-score, in grey levels; both one number, or one for each channel.
        pad_always: whether a side that is a multiple already gets `pad` more pixels.
        notices: says once that images are shrunk by more than `SHRUNK`.
    """

    resize: int | None
    pad: int
    mean: float | tuple[float, ...]
    sd: float | tuple[float, ...]
    pad_always: bool = False
    notices: Notices = field(default_factory=Notices, compare=False, repr=False)

    def sample(self, sample: Sample) -> Sample:
        """The sample stretched and z-scored: image (H', W') float32 without unit, mask by nearest pixel.

        An image may be the frames of a sequence, (frames, H, W), and is then (frames, H', W').

        As trainings do it: `mean` and `sd` are one number.
        """
        [image] = self._channels(sample.image)
        mask = sample.mask if self.resize is None else stretch_mask(sample.mask, self.resize)
        return replace(sample, image=image, mask=mask)

    def _tell_if_shrunk(self, shape: tuple[int, ...]) -> None:
        factor = max(shape) / (self.resize or max(shape))
        if factor > SHRUNK:
            self.notices.give(
                "shrunk",
                f"an image of {size(shape)} is shrunk {factor:.1f} times by resize={self.resize}: a target of "
                f"3 pixels becomes {3 / factor:.1f} and may vanish; `istdbench predict` cuts large images into tiles, "
                "and a protocol without resize, such as native, keeps their size",
            )

    def tensor(self, image: np.ndarray) -> Tensor:
        """A network's input (1, C, H', W') for a gray image (H, W) in 0..255; C is 1 where all channels are alike.

        For a sequence (frames, H, W) it is (1, frames, H', W').
        """
        channels = torch.from_numpy(np.stack(self._channels(image)))
        height, width = channels.shape[-2:]
        seen = channels.view(1, -1, height, width)
        right, below = (margin(side, self.pad, always=self.pad_always) for side in (width, height))
        return F.pad(seen, (0, right, 0, below))

    def _channels(self, image: np.ndarray) -> list[np.ndarray]:
        """The image stretched and z-scored, once for each mean and sd."""
        self._tell_if_shrunk(image.shape[-2:])
        seen = image if self.resize is None else stretch(image, self.resize)
        means, sds = (value if isinstance(value, tuple) else (value,) for value in (self.mean, self.sd))
        return [((seen - mean) / sd).astype(np.float32) for mean, sd in zip(means, sds, strict=True)]

    def unpadded(self, score: Tensor, shape: tuple[int, int]) -> np.ndarray:
        """The score map float32 on the input's grid without its padding, from (1, 1, H', W') with it.

        Args:
            shape: (H, W) of the image.
        """
        height, width = (self.resize, self.resize) if self.resize is not None else shape
        return score[0, 0, :height, :width].float().cpu().numpy()

    def restore(self, score: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """The score map (H, W) float32 on the image's own grid, from one on the input's grid without padding.

        A stretched map is shrunk back as a score map, not as logits, so that every kind of method is treated alike.
        """
        grid = score if score.shape == shape else cv2.resize(score, shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.clip(grid, 0.0, 1.0)


def margin(side: int, pad: int, *, always: bool) -> int:
    """Pixels that a side needs to become a multiple of `pad`; where it always gets some, `pad` of them if it is one."""
    least = 1 if always else 0
    return least + (-side - least) % pad


def input_transform(config: Input, dataset: Dataset, training_names: Iterable[str]) -> InputTransform:
    """The protocol's transform; mean and sd are measured on the training images where it leaves them open."""
    mean, sd = config.mean, config.sd
    if mean is None or sd is None:
        mean, sd = gray_statistics(dataset.load(name).image for name in training_names)
    return InputTransform(config.resize, config.pad, mean, sd)


def gray_statistics(images: Iterable[np.ndarray]) -> tuple[float, float]:
    """Mean and standard deviation of the grey levels over all pixels of the images, in float64."""
    count, total, squares = 0, 0.0, 0.0
    for image in images:
        values = image.astype(np.float64)
        count += values.size
        total += float(values.sum())
        squares += float((values * values).sum())
    mean = total / count
    return mean, float(np.sqrt(max(squares / count - mean * mean, 1e-12)))
