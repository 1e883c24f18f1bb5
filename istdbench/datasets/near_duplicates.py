"""Test images that are nearly a training image: neighbours in a sequence, or one scene with other targets drawn in.

Two images are near-duplicates where the cosine of their small copies is at least 0.995 and their perceptual hashes
differ in at most 4 of 64 bits. The rule's two numbers are those of an audit of 2026, which counts 27 pairs between
train and test of NUDT-SIRST and 4 of IRSTD-1k. It does not say cosine of what: these two counts come out where the
copies are 64 x 64, by Lanczos, and without their mean. With the mean left in, any two skies are alike (40 and 10
pairs); at 32 x 32 there are 32 and 5, at 128 x 128 22 and 4. The hash hardly matters: cosine alone finds 27 and 4 too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from PIL import Image

from istdbench.lazy import numpy as np

SIDE = 64
"""Rows and columns of the small copies."""
COSINE = 0.995
BITS = 4
HASHED, KEPT = 32, 8
"""Rows and columns of the copy that is hashed, and of its lowest frequencies, which are kept."""
BLOCK = 512
"""Test images that are compared at a time: against 10,000 training images they take 20 MB."""


class Look(NamedTuple):
    """What of an image is compared: `copy` (64, 64) uint8, and `bits` (64,) bool, its perceptual hash."""

    copy: np.ndarray
    bits: np.ndarray


class Pair(NamedTuple):
    """Two near-duplicates: names, cosine, and bits in which they differ."""

    test: str
    trained: str
    cosine: float
    bits: int


def look(gray: np.ndarray) -> Look:
    """Of an image (H, W), 0..255.

    The hash is pHash: which of the 8 x 8 lowest frequencies of a 32 x 32 copy (DCT-II) are above their median
    (Zauner: Implementation and Benchmarking of Perceptual Image Hash Functions, 2010; as the library ImageHash has it).
    """
    image = Image.fromarray(np.rint(gray).astype(np.uint8))
    copy = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    small = np.asarray(image.resize((HASHED, HASHED), Image.Resampling.LANCZOS), float)
    low = _cosines() @ small @ _cosines().T
    return Look(np.asarray(copy), (low > np.median(low)).ravel())


def near_duplicates(test: Mapping[str, Look], trained: Mapping[str, Look]) -> Iterator[Pair]:
    """The pairs of a test image and one that is trained on, by the rule above, in the order of the names given."""
    if not test or not trained:
        return
    names, others = list(test), list(trained)
    right, right_bits = _vectors(trained.values())
    for begin in range(0, len(names), BLOCK):
        block = names[begin : begin + BLOCK]
        left, left_bits = _vectors(test[name] for name in block)
        cosines = left @ right.T
        differing = left_bits @ (1 - right_bits).T + (1 - left_bits) @ right_bits.T
        for i, j in np.argwhere((cosines >= COSINE) & (differing <= BITS)).tolist():
            yield Pair(block[i], others[j], round(float(cosines[i, j]), 4), int(differing[i, j]))


def _vectors(looks: Iterable[Look]) -> tuple[np.ndarray, np.ndarray]:
    """Copies without their mean and of length 1, a blank one 0; and bits, as numbers."""
    found = list(looks)
    copies = np.stack([each.copy.ravel() for each in found]).astype(np.float32)
    copies -= copies.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(copies, axis=1, keepdims=True)
    return copies / np.where(lengths > 0, lengths, 1), np.stack([each.bits for each in found]).astype(np.float32)


@cache
def _cosines() -> np.ndarray:
    """The lowest rows of the DCT-II of `HASHED` numbers."""
    frequency, place = np.arange(KEPT)[:, None], np.arange(HASHED)
    return 2 * np.cos(np.pi * frequency * (2 * place + 1) / (2 * HASHED))
