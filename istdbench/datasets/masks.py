"""Masks from files: what in them is a target.

A mask is black where there is no target. White (0 and 255) needs no word; what else is taken is said, `Mask.taken`:

| a file holds | a target is |
|---|---|
| two levels, 0 and another | where the other is: 1 as much as 65535 |
| black and other colours, or a palette that shows them | by the brightest of red, green and blue, as if it were gray |
| a palette that shows one colour, or no black | by its numbers, of which 0 is no target |
| more levels, some above 127 of 255 | above 127, where the data set declares `grey_masks=true` |

Anything else is refused, and so is a mask that covers more than half of its image: it is exchanged with its background.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from istdbench.datasets.images import REPLACE, read_pixels
from istdbench.datasets.levels import full_scale
from istdbench.datasets.pixels import palette_numbers, varies_in_alpha
from istdbench.errors import DataError
from istdbench.lazy import numpy as np

MOST = 0.5
"""Share of an image that its targets may cover. In NUAA-SIRST and IRSTD-1k they cover 0.7 % at most."""
WHITE = "save masks with 255 on targets and 0 elsewhere"


@dataclass(frozen=True)
class Mask:
    """What a mask file says.

    Attributes:
        targets: (H, W) bool, True on targets.
        taken: how it was read where it is not 0 and 255, such as "levels 0 and 1"; else "".
        levels: those other than 0 and white, where there are more than 0 and another, in the file's own units.
        unsure: pixels on which `> 127` and `> 0` differ, where there are more.
        unusable: why no target can be read from it, as the end of a sentence that says what to do; else "".
    """

    targets: np.ndarray
    taken: str = ""
    levels: tuple[float, ...] = ()
    unsure: int = 0
    unusable: str = ""

    @property
    def grey(self) -> bool:
        """It holds more levels than 0 and another, so that `> 127` and `> 0` are two masks."""
        return bool(self.levels)


def examine_mask(path: Path, page: int | None = None, *, fix: str = REPLACE) -> Mask:
    """What a mask file says, be it usable or not.

    Args:
        page: as `istdbench.datasets.images.read_pixels`.

    Raises:
        DataError: the file cannot be read; names it and `fix`.
    """
    levels, taken = _levels(path, read_pixels(path, page, fix=fix))
    values = np.unique(levels)
    if values.size == 1 and varies_in_alpha(path):
        return Mask(levels > 0, unusable=f"its shape is in its transparency, which is not looked at; {WHITE}")
    if values.size > 2 or values[0] != 0:
        return _checked(_grey(levels, values))
    white = 255 if levels.dtype == np.uint8 else 65535
    return _checked(Mask(levels > 0, taken or ("" if values[-1] in (0, white) else f"levels 0 and {values[-1]:g}")))


def usable(mask: Mask, path: Path, grey: bool = False) -> Mask:
    """The mask, once it has been found that it can be used.

    Args:
        path: the file that it was read from.
        grey: the data set declares masks with more levels; without it they are refused, because `> 127` and `> 0`
            would then score differently.

    Raises:
        DataError: no mask can be taken from it; names the file and what to do.
    """
    problem = mask.unusable or ("" if grey else undeclared(mask))
    if problem:
        raise DataError(f"{path}: {problem}")
    return mask


def undeclared(mask: Mask) -> str:
    """What to do about a mask of more levels, where the data set does not declare them; "" where it has none."""
    if not mask.grey:
        return ""
    return (
        f"a mask is 0 and 255, this one also holds {_shown(mask.levels)}; save it so, or declare grey_masks=true to "
        "take > 127 as target"
    )


def _levels(path: Path, pixels: np.ndarray) -> tuple[np.ndarray, str]:
    """Levels (H, W) of a mask's pixels, and how they were found where it is no gray file."""
    if pixels.ndim == 2:
        return pixels, ""
    levels = pixels.max(axis=2)
    if levels.all() or not levels.any():
        numbers = palette_numbers(path)
        if numbers is not None and numbers.any() and not numbers.all():
            return numbers, "the numbers of a palette"
    return levels, "colours on black" if (pixels != pixels[..., :1]).any() else ""


def _grey(levels: np.ndarray, values: np.ndarray) -> Mask:
    """A mask of more levels than 0 and another, at more than half of full scale."""
    try:
        scaled = levels * (255 / full_scale(levels))
    except DataError:
        return Mask(levels > 0, unusable=f"{levels.dtype} levels {_shown(values)} are no mask; {WHITE}")
    targets = scaled > 127
    others = tuple(values[(values > 0) & (values < full_scale(levels))].tolist())
    mask = Mask(targets, levels=others, unsure=int((targets != (levels > 0)).sum()))
    if targets.any():
        return mask
    return Mask(levels > 0, unusable=f"it holds {_shown(values)} and nothing above 127 of 255; {WHITE}")


def _shown(levels: Iterable[float]) -> str:
    first = [f"{level:g}" for level in islice(levels, 9)]
    return ", ".join(first[:8]) + (", ..." if len(first) > 8 else "")


def _checked(mask: Mask) -> Mask:
    """The mask, unusable where it covers more than an image's targets can."""
    share = float(mask.targets.mean())
    if mask.unusable or share <= MOST:
        return mask
    return Mask(
        mask.targets,
        mask.taken,
        mask.levels,
        mask.unsure,
        f"targets cover {share:.2%} of the image, as where targets and background are exchanged; {WHITE}",
    )
