"""How much of its range an image fills, and what is odd about one that fills little: a camera's 14 bits in 16."""

from __future__ import annotations

from istdbench.datasets.levels import PERCENTILES, Ends, Range
from istdbench.lazy import numpy as np

USED_BITS = 14
"""Bits that the levels of a 16-bit file may fit into before they are taken for those of a camera of fewer bits."""
SLIVER = 1 / 16
"""Share of full scale below which a 16-bit image is called flat. Of NUAA-SIRST, single images go down to this."""
FLAT = 1 / 10
"""Share of the range below which a data set is called flat, by its median; that of NUAA-SIRST is 0.5."""
OPTION = "give the data set a range, such as folder:PATH,range=minmax or range=LO:HI"


def filled(levels: np.ndarray, ends: Ends) -> float:
    """The share of a range that an image's levels span, single hot and dead pixels left out; 0 to 1."""
    low, high = np.percentile(levels, PERCENTILES).clip(*ends)
    return float(high - low) / (ends[1] - ends[0]) if ends[0] < ends[1] else 0.0


def sliver(levels: np.ndarray, levels_range: Range) -> str:
    """What is wrong with a 16-bit image that is taken by its full range and fills little of it; "" where nothing is."""
    if levels_range.kind != "full" or levels.dtype == np.uint8:
        return ""
    ends = levels_range.ends(levels)
    if levels.max() >= 1 << USED_BITS and filled(levels, ends) >= SLIVER:
        return ""
    return f"levels {levels.min()} to {levels.max()} of 0 to {ends[1]:g} use {filled(levels, ends):.1%} of full scale"
