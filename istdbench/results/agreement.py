"""Whether records of the same data have tables of the same images."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from istdbench.results.record import Record

OF_THE_IMAGE = ["name", "pixels", "targets"]
"""The columns of a table that no method has a part in."""


def disagreeing(found: Mapping[Path, tuple[Record, pd.DataFrame]]) -> dict[Path, str]:
    """What is wrong with each file whose table is not of the images that most others of the same data have.

    Where as many say one thing as another, none of them can be believed.

    Args:
        found: records and their tables, by file.
    """
    alike: dict[object, dict[Path, str]] = defaultdict(dict)
    for path, (record, table) in found.items():
        data = record.dataset
        images = table[OF_THE_IMAGE].sort_values("name").to_csv(index=False)
        alike[data.name, data.fingerprint, data.split, data.split_hash, data.part][path] = images
    return {path: told for images in alike.values() for path, told in _odd(images).items()}


def _odd(images: Mapping[Path, str]) -> dict[Path, str]:
    (most, times), *others = Counter(images.values()).most_common()
    believed = most if not others or times > others[0][1] else None
    return {
        path: f"{path}: its table is not of the images that {_another(images, path)} has, though both are of the same "
        "data; restore it, or delete it and run again"
        for path, mine in images.items()
        if mine != believed
    }


def _another(images: Mapping[Path, str], path: Path) -> str:
    return next(other.name for other, theirs in images.items() if theirs != images[path])
