"""Several data sets as one, `nuaa+irstd1k+nudt`: the images of each, their names prefixed by the data set's.

Splits: each name that all have, a data set with one split alone standing with that under every name. So the union above
has `official`, and `5050`, which is BasicIRSTD's SIRST3 (1676 / 1079), whose lists of IRSTD-1k and NUDT-SIRST are the
official ones. A part of a split is there where all have it; "trainval" always is, and holds what each trains on.

Leave one out: split `without-nudt` trains on the other data sets' training images, and its test images are the official
ones of `nudt`.

No split trains on what it tests, whatever its name: images that show the same as a test image or, where a data set is
left out, as any image of that, are dropped from the training. `Union.dropped` names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from istdbench.datasets.dataset import Dataset, Sample
from istdbench.datasets.shared_images import training_part
from istdbench.errors import UsageError
from istdbench.files import sha256_json
from istdbench.lazy import numpy as np

WITHOUT = "without-"
"""Begins the name of a split that leaves one data set out."""

Names = tuple[str, ...]
Lists = Mapping[str, Names]
"""Part of a split to the names of its images."""


class Joined(NamedTuple):
    """One split of a union, and the images that its training does without."""

    lists: Lists
    dropped: Names


class Union(Dataset):
    """Data sets as one."""

    def __init__(self, parts: Sequence[Dataset]) -> None:
        """Join data sets; nothing is read.

        Raises:
            UsageError: one is named twice, some have sequences of other lengths, or one has points for masks.
        """
        self.name = "+".join(part.name for part in parts)
        self._by_name = {part.name: part for part in parts}
        frames = {part.frames for part in parts}
        if len(self._by_name) < len(parts):
            raise UsageError(f"data set {self.name}: one is named twice; name each once")
        if len(frames) > 1:
            told = " and ".join(map(str, sorted(frames)))
            raise UsageError(f"data set {self.name}: sequences of {told} frames cannot be joined; leave some out")
        if pointed := [part.name for part in parts if part.truth == "points"]:
            raise UsageError(f"data set {self.name}: {pointed[0]} has points for masks and is joined with none")
        self.frames = frames.pop()
        self.sequences = any(part.sequences for part in parts)
        protocols = {part.default_protocol for part in parts}
        self.default_protocol = protocols.pop() if len(protocols) == 1 else Dataset.default_protocol
        self.terms = " ".join(f"{part.name}: {part.terms}" for part in parts)
        self.publishable = all(part.publishable for part in parts)
        self._digests: dict[str, str] = {}

    @property
    def parts(self) -> tuple[Dataset, ...]:
        return tuple(self._by_name.values())

    @property
    def fingerprint(self) -> str:
        return sha256_json([[part.name, part.fingerprint] for part in self.parts])

    def splits(self) -> Mapping[str, Lists]:
        return _OnDemand(self._makers())

    def dropped(self) -> dict[str, Names]:
        """Split to the images that its training does without, those alone that drop any."""
        found = {split: make().dropped for split, make in self._makers().items()}
        return {split: names for split, names in found.items() if names}

    def load(self, name: str) -> Sample:
        part, own = self._own(name)
        return replace(part.load(own), name=name)

    def sequence(self, name: str) -> np.ndarray:
        part, own = self._own(name)
        return part.sequence(own)

    def digest(self, name: str) -> str:
        if name not in self._digests:
            part, own = self._own(name)
            self._digests[name] = part.digest(own)
        return self._digests[name]

    def file_digest(self, name: str) -> str | None:
        part, own = self._own(name)
        return part.file_digest(own)

    def _own(self, name: str) -> tuple[Dataset, str]:
        """The part that an image is of, and its name there."""
        part, _, own = name.partition("/")
        if part not in self._by_name:
            raise UsageError(
                f"{self.name}: no image {name!r}; names begin with that of a data set, as {self.parts[0].name}/"
            )
        return self._by_name[part], own

    def _makers(self) -> dict[str, Callable[[], Joined]]:
        """What makes each split, of the lists of the data sets as they are now."""
        own = {part.name: _prefixed(part) for part in self.parts}
        every = dict.fromkeys(split for splits in own.values() for split in splits)
        shared = [split for split in every if all(split in splits or len(splits) == 1 for splits in own.values())]
        default = {part.name: own[part.name][part.default_split] for part in self.parts}
        makers: dict[str, Callable[[], Joined]] = {self.default_split: partial(self._join, default, default)}
        for split in shared:
            if split != self.default_split:
                lists = {name: splits.get(split, default[name]) for name, splits in own.items()}
                makers[split] = partial(self._join, lists, lists)
        for name, splits in own.items():
            others = {other: lists for other, lists in default.items() if other != name}
            images = {each for lists in splits.values() for names in lists.values() for each in names}
            makers[f"{WITHOUT}{name}"] = partial(self._join, others, {name: default[name]}, images)
        return makers

    def _join(self, trained: Mapping[str, Lists], tested: Mapping[str, Lists], unseen: Iterable[str] = ()) -> Joined:
        """One split.

        Args:
            trained, tested: data set to its lists, of those that are trained on, and of those that are tested.
            unseen: images besides the tested ones whose like is not trained on.
        """
        test = _chained(lists.get("test", ()) for lists in tested.values())
        shown = {self.digest(name) for name in (*test, *unseen)}
        parts = [part for part in _shared_keys(trained.values()) if part not in ("test", "trainval")]
        found = {part: _chained(lists[part] for lists in trained.values()) for part in parts}
        found["trainval"] = _chained(lists.get(training_part(lists), ()) for lists in trained.values())
        dropped = tuple(name for name in found["trainval"] if self.digest(name) in shown)
        kept = {part: tuple(name for name in names if name not in set(dropped)) for part, names in found.items()}
        return Joined({**kept, "test": test}, dropped)


class _OnDemand(Mapping[str, Lists]):
    """Splits that are made when they are asked for: of images whose digest is not known, each is read for it."""

    def __init__(self, makers: Mapping[str, Callable[[], Joined]]) -> None:
        self._makers = makers

    def __getitem__(self, split: str) -> Lists:
        return self._makers[split]().lists

    def __contains__(self, split: object) -> bool:
        return split in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def _prefixed(dataset: Dataset) -> dict[str, dict[str, Names]]:
    """The splits of a data set, with its name before those of its images."""
    return {
        split: {part: tuple(f"{dataset.name}/{name}" for name in names) for part, names in lists.items()}
        for split, lists in dataset.splits().items()
    }


def _shared_keys(lists: Iterable[Lists]) -> list[str]:
    """The parts that all have, in the order of the first."""
    first, *others = lists
    return [part for part in first if all(part in other for other in others)]


def _chained(names: Iterable[Names]) -> Names:
    return tuple(name for each in names for name in each)
