"""From the levels of a file to scores: one rule, whatever made the file and whatever its type.

A score is a level over the full scale: 255 in files of 8 bits, 65535 in files of 16, and 1 in all others (floats,
bools, wider and signed integers); or the level that `--scale` names. A folder is looked at as a whole before any of it
is scored, and refused with the fix where

- a score lies outside [0, 1] by more than a rounding, or is NaN: logits, or levels of another scale;
- no `--scale` is given and no score of one type of file reaches 0.5: masks of 0 and 1 in 8 bits, levels of 8 bits in
  16, or empty maps. Who really predicts nothing names the scale, and is believed;
- some masks are of 0 and 1 and others of 0 and 255, which no one scale reads.

A map that would be a prediction by a smaller full scale may be honest among others, and is warned of.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from istdbench.datasets.images import IMAGE_SUFFIXES
from istdbench.datasets.paired_files import some
from istdbench.errors import DataError, UsageError
from istdbench.files import refuse_pipe
from istdbench.lazy import numpy as np

ENDINGS = (".npy", *IMAGE_SUFFIXES)
"""Of files that hold a score map; in capitals too."""
Resize = Literal["nearest", "bilinear"]
REACHED = 0.5
"""The score that a folder without a named scale must reach."""
ROUNDING = 1e-3
"""How far beyond 0 and 1 a score is still taken as 0 or 1: numbers of half precision near 1 lie as far apart."""
FULL_SCALES = (1, 255, 1023, 4095, 16383, 65535)
"""Levels that often mean 1: of masks, and of files and cameras of 8, 10, 12, 14 and 16 bits."""
MISTAKEN = FULL_SCALES[:2]
"""Of these the ones that files of a larger full scale often hold."""


@dataclass(frozen=True)
class Reading:
    """How a folder's files are read.

    Attributes:
        scale: the level that means a score of 1; None takes the full scale of each file's type.
        resize: how a map of another size than its image is brought to it; None refuses such a map.

    Raises:
        UsageError: a value that is none.
    """

    scale: float | None = None
    resize: Resize | None = None

    def __post_init__(self) -> None:
        if self.scale is not None and not (math.isfinite(self.scale) and self.scale > 0):
            raise UsageError(f"--scale {self.scale:g}: a level above 0 is needed, such as 1 or 255")
        if self.resize is not None and self.resize not in get_args(Resize):
            raise UsageError(f"--resize {self.resize}: it is {' or '.join(get_args(Resize))}")

    def full_scale(self, levels: np.ndarray) -> float:
        """The level that means 1."""
        return self.scale or {"uint8": 255.0, "uint16": 65535.0}.get(levels.dtype.name, 1.0)

    def scores(self, levels: np.ndarray) -> np.ndarray:
        """The levels (H, W) as scores, float64 in [0, 1]."""
        return np.clip(levels.astype(np.float64) / self.full_scale(levels), 0.0, 1.0)


BY_TYPE = Reading()
"""By the rule alone."""


def check_levels(paths: Iterable[Path], reading: Reading) -> None:
    """Look at all maps of a folder; those that look as if they had another full scale than the others are warned of.

    Raises:
        DataError: a file is no map, or the maps as a whole are not what they are read as; names a file and the fix.
    """
    found = [_extremes(path, reading) for path in paths]
    if not found:
        return
    _refuse_mixed_masks(found)
    lowest, highest = min(found, key=lambda each: each.low), max(found, key=lambda each: each.high)
    if not lowest.low >= -ROUNDING:
        raise DataError(
            f"score map {lowest.path}: its scores lie in {lowest.range}, not in [0, 1]; write probabilities: the "
            "sigmoid of logits, or another map from 0 to 1"
        )
    if highest.high > 1 + ROUNDING:
        named = "" if reading.scale is None else f" by --scale {reading.scale:g}"
        raise DataError(
            f"score map {highest.path}: its scores{named} lie in {highest.range}, not in [0, 1]; name the level that "
            f"means 1, as --scale {highest.likely or highest.top:g}, or write the sigmoid of logits"
        )
    if reading.scale is None:
        _refuse_low(found)
    _warn_of_another_scale(found)


def read_levels(path: Path) -> np.ndarray:
    """The levels (H, W) that a file holds, in their own type.

    An array may have axes of length 1 beside its two. Palettes are decoded; of channels that are alike, one is taken.

    Raises:
        DataError: the file is damaged, or no gray map; names it and the fix.
    """
    levels = _array(path) if path.suffix.lower() == ".npy" else _picture(path)
    if levels.dtype.kind not in "biuf":
        raise DataError(f"score map {path}: values of type {levels.dtype}; write floats from 0 to 1")
    if levels.ndim == 3 and levels.shape[2] == 3 and (levels == levels[:, :, :1]).all():
        levels = levels[:, :, 0]
    elif levels.ndim > 2:
        levels = levels.reshape([side for side in levels.shape if side != 1])
    if levels.ndim != 2 or not levels.size:
        raise DataError(f"score map {path}: shape {levels.shape}; one gray map (H, W) is needed")
    return levels


def rounded(score: np.ndarray) -> np.ndarray:
    """A score map whose values beyond 0 and 1 are put there, where none lies further beyond than `ROUNDING`."""
    inside = np.clip(score, 0, 1)
    return inside if score.dtype.kind == "f" and (np.abs(inside - score) <= ROUNDING).all() else score


@dataclass(frozen=True)
class _Extremes:
    """The least and the largest score of a file.

    Attributes:
        top: the largest level.
        full: the level that means 1.
        likely: the full scale that levels up to `top` are likely of; None where there is none.
        is_mask: it holds no level but 0 and `top`.
    """

    path: Path
    low: float
    high: float
    top: float
    full: float
    likely: int | None
    is_mask: bool

    @property
    def range(self) -> str:
        return f"[{self.low:g}, {self.high:g}]"


def _extremes(path: Path, reading: Reading) -> _Extremes:
    levels = read_levels(path)
    full, low, top = reading.full_scale(levels), float(levels.min()), float(levels.max())
    if math.isnan(low):
        raise DataError(f"score map {path}: holds NaN; write a number from 0 to 1 for each pixel")
    is_mask = bool(((levels == 0) | (levels == levels.max())).all())
    return _Extremes(path, low / full, top / full, top, full, _likely(top, levels.dtype), is_mask)


def _likely(top: float, dtype: np.dtype) -> int | None:
    """The full scale that levels up to this one are likely of."""
    signed = [int(np.iinfo(dtype).max)] if dtype.name in ("int8", "int16") else []
    scales = [scale for scale in (*signed, *FULL_SCALES) if REACHED * scale < top <= scale]
    return scales[0] if scales else next((scale for scale in FULL_SCALES if top <= scale), None)


def _refuse_mixed_masks(found: Sequence[_Extremes]) -> None:
    """Masks of two full scales that are read by one: those of the smaller would be empty."""
    by_scale: dict[float, dict[float, Path]] = {}
    for each in found:
        if each.is_mask and each.top in FULL_SCALES:
            by_scale.setdefault(each.full, {}).setdefault(each.top, each.path)
    for masks in by_scale.values():
        if len(masks) > 1:
            (low, one), *_, (high, other) = sorted(masks.items())
            raise DataError(
                f"{one.parent}: {one.name} is a mask of 0 and {low:g}, and {other.name} one of 0 and {high:g}, which "
                "no one scale reads; write all of them with one level for targets"
            )


def _refuse_low(found: Sequence[_Extremes]) -> None:
    """A type of file in which no score reaches `REACHED`; one that is all 0 is taken beside another type."""
    highest: dict[float, _Extremes] = {}
    for each in sorted(found, key=lambda each: each.high):
        highest[each.full] = each
    for each in highest.values():
        if each.high < REACHED and (each.top or len(highest) == 1):
            raise DataError(_too_low(each, among_others=len(highest) > 1))


def _too_low(highest: _Extremes, among_others: bool) -> str:
    folder, full = highest.path.parent, f"--scale {highest.full:g}"
    if not highest.top:
        return (
            f"{folder}: every level of every map is 0, so that nothing is predicted on any image; if that is what was "
            f"meant, say so by {full}"
        )
    likely = highest.likely
    other = f"--scale {likely}, or " if likely is not None and likely < highest.full else ""
    where, as_they_are = "", f"{full} to take the maps as they are"
    if among_others:
        where, as_they_are = f" of files such as {highest.path.name}", "write all maps in one type"
    return (
        f"{folder}: no score{where} reaches {REACHED:g}: the largest level is {highest.top:g}, where {highest.full:g} "
        f"would mean a score of 1. Name the level that does: {other}{as_they_are}"
    )


def _warn_of_another_scale(found: Sequence[_Extremes]) -> None:
    """Maps without a prediction that would have one by a smaller full scale."""
    suspects = [
        each
        for each in found
        if each.high < REACHED and any(REACHED * scale <= each.top <= scale for scale in MISTAKEN)
    ]
    if suspects and len(suspects) < len(found):
        one = suspects[0]
        warnings.warn(
            f"{len(suspects)} of {len(found)} score maps ({some([each.path.name for each in suspects])}) have low "
            f"levels alone, up to {one.top:g} where {one.full:g} means a score of 1, so that nothing is predicted on "
            "them; if they have another full scale than the others, write all of them by one",
            stacklevel=2,
        )


def _array(path: Path) -> np.ndarray:
    try:
        refuse_pipe(path)
        loaded = np.load(path, allow_pickle=False)
    except Exception as error:  # a damaged header makes NumPy raise almost anything, MemoryError among it
        raise DataError(f"score map {path}: cannot be read ({error}); write it again") from error
    if isinstance(loaded, np.ndarray):
        return loaded
    loaded.close()
    raise DataError(f"score map {path}: an archive of NumPy (NPZ), not one array; write one array with numpy.save")


def _picture(path: Path) -> np.ndarray:
    from PIL import Image

    try:
        refuse_pipe(path)
        with Image.open(path) as image:
            pages = getattr(image, "n_frames", 1)
            is_png = image.format == "PNG"
            image.load()
            picture = image if image.mode in ("1", "L", "F", "I") or image.mode[:2] == "I;" else image.convert("RGBA")
    except Exception as error:  # a damaged file makes Pillow raise almost anything, from OSError to TypeError
        raise DataError(f"score map {path}: cannot be read ({error}); write it again") from error
    if pages > 1:
        raise DataError(f"score map {path}: {pages} pages; write one file for each image")
    levels = np.asarray(picture)
    if picture.mode == "I" and is_png:  # PNG has 16 bits at most; some versions of Pillow widen them
        return levels.astype(np.uint16)
    if picture.mode != "RGBA":
        return levels
    if (levels[:, :, 3] != 255).any():
        raise DataError(f"score map {path}: some pixels are transparent; write one gray channel")
    if (levels[:, :, :3] != levels[:, :, :1]).any():
        raise DataError(f"score map {path}: colours, which are no scores; write one gray channel")
    return levels[:, :, 0]
