"""Patches of an image on a regular grid, and images put together from patches."""

from __future__ import annotations

from istdbench.errors import UsageError
from istdbench.lazy import numpy as np
from istdbench.methods.method import Option

MOST_OVERLAP = 32
"""Steps in a patch: the square of one more is how many values of each pixel a median is taken of."""


def patch_options(side: int, step: int) -> dict[str, Option]:
    """Options `patch` and `step` of a method with these defaults, in pixels."""
    return {
        "patch": Option(side, "side of a patch in pixels", least=2, most=512),
        "step": Option(step, "pixels from one patch to the next", least=1, most=512),
    }


class PatchGrid:
    """Square patches `step` pixels apart; the last row and column of patches touch the border of the image.

    Patches are in column-major order, as in the MATLAB code of the papers: down the first column of patches, then down
    the next.
    """

    def __init__(self, shape: tuple[int, ...], side: int, step: int) -> None:
        """A grid over an image of this shape, (H, W).

        Args:
            side: of a patch in pixels; a narrower image has patches as narrow as itself.
            step: pixels from one patch to the next, from `side` over `MOST_OVERLAP` to `side`.

        Raises:
            UsageError: side or step is out of range.
        """
        if side < 1 or not side <= MOST_OVERLAP * step <= MOST_OVERLAP * side:
            raise UsageError(
                f"patch={side},step={step}: give a step of at most the patch, so that every pixel is in one, and of at "
                f"least a {MOST_OVERLAP}nd of it, since memory grows with the square of the steps in a patch"
            )
        self.shape = shape
        self.patch = (min(side, shape[0]), min(side, shape[1]))
        self._overlap = -(-side // step)
        self._tops, self._lefts = (_starts(*lengths, step) for lengths in zip(shape, self.patch, strict=True))

    def split(self, image: np.ndarray) -> np.ndarray:
        """Patches (n, h, w) of an image (H, W)."""
        windows = np.lib.stride_tricks.sliding_window_view(image, self.patch)
        return windows[np.ix_(self._tops, self._lefts)].swapaxes(0, 1).reshape(-1, *self.patch)

    def last(self, patches: np.ndarray) -> np.ndarray:
        """The image (H, W) in which each pixel is that of the last patch it lies in."""
        image = np.empty(self.shape, patches.dtype)
        for place, patch in zip(self._places(), patches, strict=True):
            image[place] = patch
        return image

    def median(self, patches: np.ndarray) -> np.ndarray:
        """The image (H, W) in which each pixel is the median over all patches it lies in."""
        cycle = self._overlap + 1  # patches so many places apart never overlap, and share a layer
        layers = np.full((*self.shape, cycle * cycle), np.inf, patches.dtype)
        for index, (place, patch) in enumerate(zip(self._places(), patches, strict=True)):
            column, row = divmod(index, len(self._tops))
            layers[(*place, row % cycle * cycle + column % cycle)] = patch
        count = np.isfinite(layers).sum(axis=-1, keepdims=True)
        layers.sort(axis=-1)
        low, high = (np.take_along_axis(layers, place, axis=-1)[..., 0] for place in ((count - 1) // 2, count // 2))
        return (low + high) / 2

    def _places(self) -> list[tuple[slice, slice]]:
        height, width = self.patch
        return [(slice(top, top + height), slice(left, left + width)) for left in self._lefts for top in self._tops]


def _starts(length: int, side: int, step: int) -> np.ndarray:
    """Where patches begin along one axis."""
    return np.append(np.arange(0, length - side, step), length - side)
