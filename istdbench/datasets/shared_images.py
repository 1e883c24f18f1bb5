"""Images that two data sets have in common, by their content: whose weights may not be scored on whose test images."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from istdbench.datasets.dataset import Dataset
from istdbench.errors import AlteredDataError, DataError


class Compared:
    """What of a data set is compared: the digests of its default split's images, by part.

    Attributes:
        split: of the digests.
        label: the data set and its split, as a sentence names them.
        part: the part that is trained on.
        test, trained: digests of the images of test, and of what is trained on.
    """

    def __init__(self, name: str, split: str, digests: Mapping[str, Collection[str]]) -> None:
        self.split = split
        self.label = f"{name} ({split})"
        self.test = digests.get("test", ())
        self.part = training_part(digests)
        self.trained = frozenset(digests.get(self.part, ()))


def training_part(parts: Collection[str]) -> str:
    """The part of a split that holds all that is trained on."""
    return "trainval" if "trainval" in parts else "train"


def compared(dataset: Dataset) -> Compared | None:
    """A data set's default split by digests; None where its files are not here.

    Raises:
        AlteredDataError: a list is not as published.
    """
    try:
        parts = dataset.splits()[dataset.default_split]
        digests = {part: [dataset.digest(name) for name in names] for part, names in parts.items()}
    except AlteredDataError:
        raise
    except DataError:
        return None
    return Compared(dataset.name, dataset.default_split, digests)


def leaks(one: Compared, other: Compared) -> Iterator[str]:
    """A sentence for each direction in which training on one data set sees test images of the other."""
    for tested, trained in ((one, other), (other, one)):
        shared = sum(digest in trained.trained for digest in tested.test)
        if shared:
            yield (
                f"{shared} of the {len(tested.test)} test images of {tested.label} are in {trained.part} of "
                f"{trained.label}: weights of the one set must not be scored on them"
            )
