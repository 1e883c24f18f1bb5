"""Sequences that a split tears: some frames in one part of it, and some in another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.paired_files import some
from istdbench.errors import DataError
from istdbench.metrics.by_sequence import sequence_of

JOINED = {"trainval": ("train", "val")}
"""A part to those that it consists of, which share its sequences rightly."""


def torn(dataset: Dataset, split: str) -> Iterator[tuple[str, str, list[str]]]:
    """Each two parts of a split that share sequences, with the names of these; none where images are single ones.

    Raises:
        UsageError, DataError: as `Dataset.lists_of`.
    """
    if not dataset.sequences:
        return
    found = {part: {sequence_of(name) for name in names} for part, names in dataset.lists_of(split).items()}
    for one, other in combinations(found, 2):
        joined = one in JOINED.get(other, ()) or other in JOINED.get(one, ())
        if not joined and (shared := sorted(found[one] & found[other])):
            yield one, other, shared


def refuse_torn(dataset: Dataset, split: str) -> None:
    """Refuse a split that tears a sequence.

    Raises:
        DataError: it does; the message names the parts and the sequences.
        UsageError: as `Dataset.lists_of`.
    """
    for one, other, shared in torn(dataset, split):
        raise DataError(
            f"{dataset.name}: {some(shared)} of split {split!r} stand both in {one} and in {other}, so that frames are "
            "tested whose neighbours were learned from; list whole folders and TIFFs, or take a protocol without "
            "data.whole_sequences"
        )
