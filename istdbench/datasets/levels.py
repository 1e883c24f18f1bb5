"""Ranges: which levels of an image, in the camera's own units, become 0 and 255.

| written | what becomes 0 and 255 |
|---|---|
| `full` | the ends of the file's type: 0 and 255 of 8 bits, 0 and 65535 of 16 bits |
| `minmax` | the smallest and the largest level that are there |
| `percentile` | the percentiles 0.1 and 99.99; `percentile:1-99.9` others |
| `7000:7800` | these two levels, whatever is there |

The upper percentile leaves out fewer pixels than a small target has: hot pixels are cut off, targets are not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from istdbench.errors import DataError, UsageError
from istdbench.lazy import numpy as np

Ends = tuple[float, float]
"""The levels that become 0 and 255."""

PERCENTILES: Ends = (0.1, 99.99)
ASK = "say which to take: range=minmax or range=LO:HI of a data set, --range minmax or LO:HI of predict"
WAYS = "full, minmax, percentile, percentile:LOW-HIGH or LO:HI"


@dataclass(frozen=True)
class Range:
    """A range as it is written, of one image or of a sequence.

    Attributes:
        kind: how the ends are found.
        low, high: of "percentile" the two percentiles, of "levels" the ends themselves; else without meaning.
    """

    kind: Literal["full", "minmax", "percentile", "levels"] = "full"
    low: float = 0.0
    high: float = 0.0

    def __str__(self) -> str:
        if self.kind == "levels":
            return f"{self.low:g}:{self.high:g}"
        if self.kind == "percentile" and (self.low, self.high) != PERCENTILES:
            return f"percentile:{self.low:g}-{self.high:g}"
        return self.kind

    def ends(self, levels: np.ndarray | Iterable[np.ndarray]) -> Ends:
        """The levels that become 0 and 255.

        Those of several frames, which share them, are the lowest and the highest of each one's own: no frame is clipped
        more than by itself, and frames may come one by one.

        Args:
            levels: an image (H, W), or the frames of a sequence: (frames, H, W), or any number of (H, W).

        Raises:
            DataError: levels that are not finite, or of a type without a full scale where the range is `full`.
                The message names no file; whoever read one does.
        """
        frames: Iterable[np.ndarray] = levels if not isinstance(levels, np.ndarray) or levels.ndim == 3 else [levels]
        lows, highs = zip(*map(self._own_ends, frames), strict=True)
        return min(lows), max(highs)

    def _own_ends(self, levels: np.ndarray) -> Ends:
        if self.kind == "levels":
            return self.low, self.high
        if self.kind == "full":
            return 0.0, float(full_scale(levels))
        _require_finite(levels)
        low, high = np.percentile(levels, [self.low, self.high] if self.kind == "percentile" else [0, 100])
        return float(low), float(high)

    def gray(self, levels: np.ndarray, ends: Ends | None = None) -> np.ndarray:
        """Levels as gray: float32 of the same shape, 0 to 255, linear between the ends and clipped beyond them.

        An image of one single level, whose ends are one, is all 0.

        Args:
            levels: in the file's own units.
            ends: of `ends`, where several frames share them; None takes those of `levels` alone.

        Raises:
            DataError: as `ends`.
        """
        low, high = self.ends(levels) if ends is None else ends
        _require_finite(levels)
        if high <= low:
            return np.zeros(levels.shape, dtype=np.float32)
        gray = (levels.astype(np.float64) - low) / ((high - low) / 255)  # 16 bits: / 257 to the last bit
        return gray.clip(0, 255).astype(np.float32)


FULL = Range()


def parse_range(text: str) -> Range:
    """The range that a person wrote, see the head of this file.

    Raises:
        UsageError: it is none; the message says how ranges are written.
    """
    text = text.strip()
    if text in ("full", "minmax"):
        return Range("full" if text == "full" else "minmax")
    if text == "percentile":
        return Range("percentile", *PERCENTILES)
    name, _, rest = text.partition(":")
    percentile = name == "percentile"
    parts = rest.split("-") if percentile else [name, rest]
    try:
        low, high = map(float, parts)
    except ValueError as error:
        raise UsageError(f"range {text!r} is none; write {WAYS}") from error
    lowest, highest = (0.0, 100.0) if percentile else (-sys.float_info.max, sys.float_info.max)
    if not lowest <= low < high <= highest:
        raise UsageError(f"range {text!r}: a lower number and then a higher one are needed; write {WAYS}")
    return Range("percentile" if percentile else "levels", low, high)


def full_scale(levels: np.ndarray) -> int:
    """The largest level of a file's type: 255 of 8 bits, 65535 of 16 and of whole numbers within them.

    Raises:
        DataError: the type has none, or levels lie outside it.
    """
    if levels.dtype == np.uint8:
        return 255
    if levels.dtype.kind not in "iu":
        raise DataError(f"{levels.dtype} levels have no full scale; {ASK}")
    if levels.dtype != np.uint16 and levels.size and (levels.min() < 0 or levels.max() > 65535):
        raise DataError(f"levels {levels.min()} to {levels.max()} are outside 8 and 16 bits; {ASK}")
    return 65535


def _require_finite(levels: np.ndarray) -> None:
    if levels.dtype.kind == "f" and not np.isfinite(levels).all():
        raise DataError("levels hold NaN or infinity; replace them by numbers")
