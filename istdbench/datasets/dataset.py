"""What a data set is: named images with masks, where they come from, and named splits of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from istdbench.errors import DataError, UsageError
from istdbench.lazy import numpy as np
from istdbench.spec import Spec, parse_spec

Truth = Literal["masks", "points"]


@dataclass(frozen=True)
class Sample:
    """One image with its ground truth.

    Attributes:
        name: the image's name in its data set, without a file ending.
        image: (H, W) float32, gray, 0 to 255 (ITU-R 601 luma of colour files; 16-bit files divided by 257, where no
            other range of levels is set).
        mask: (H, W) bool, True on targets.
        points: whether the mask holds one pixel a target, its centre, and says nothing of how far it extends.
    """

    name: str
    image: np.ndarray
    mask: np.ndarray
    points: bool = False


class Dataset(ABC):
    """Images, masks and splits. Nothing is read before `load`, so that a missing file costs nothing to list.

    Attributes:
        name: as typed, with options; the name that records carry.
        default_split: the split used where a protocol does not name one for this data set.
        default_protocol: the protocol of `istdbench run` where none is given.
        terms: what those who made the data allow and ask for, as one or two sentences.
        publishable: the terms let anyone publish the images, as `istdbench site` does.
        backgrounds: splits whose images are known to hold no target: what is found in them is a false alarm.
        frames: how many frames of a sequence end with each image; 1 where images are single ones.
        sequences: whether images of one folder are frames of one sequence, see `istdbench.metrics.by_sequence`, so that
            what is said of one frame is said of its neighbours nearly as well.
        truth: "points" where only the centre of each target is known, see `Sample.points`.
        typical_side: square root of the median number of pixels of its images; None where it is not known unread.
    """

    name: str
    default_split: str = "official"
    default_protocol: str = "native"
    terms: str = "No terms of use are stated."
    publishable: bool = False
    backgrounds: Collection[str] = ()
    frames: int = 1
    sequences: bool = False
    truth: Truth = "masks"
    typical_side: int | None = None

    @property
    def parts(self) -> tuple[Dataset, ...]:
        """The data sets that it joins, see `istdbench.datasets.union`; itself, where it joins none."""
        return (self,)

    @property
    def spec(self) -> Spec:
        """The name, parsed."""
        return parse_spec(self.name)

    @abstractmethod
    def splits(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Split name to part ("train", "val", "test", "trainval") to image names, in the lists' own order.

        Raises:
            DataError: the data are not there; the message gives the fetch command.
        """

    @abstractmethod
    def load(self, name: str) -> Sample:
        """Read one image and its mask at native size.

        Raises:
            DataError: a file is missing, truncated, or not what the data set declares; the message names it.
        """

    def sequence(self, name: str) -> np.ndarray:
        """The frames that end with an image: (frames, H, W) float32, oldest first, the last the image of `load`.

        Raises:
            DataError: as `load`.
        """
        return self.load(name).image[None]

    def dropped(self) -> Mapping[str, tuple[str, ...]]:
        """Split to the images that its training does without, since they show what it tests; see `parts`."""
        return {}

    def seen(self, sample: Sample, frames: int) -> np.ndarray:
        """What a method of so many frames looks at: the image (H, W), or (frames, H, W) that end with it, oldest first.

        Raises:
            DataError: as `load`.
        """
        return sample.image if frames == 1 else self.sequence(sample.name)[-frames:]

    def digest(self, name: str) -> str:
        """`istdbench.datasets.digest.image_digest` of one image.

        Raises:
            DataError: as `load`.
        """
        from istdbench.datasets.digest import image_digest

        return image_digest(self.load(name).image)

    def file_digest(self, name: str) -> str | None:
        """The digest of one image as its file holds it, where a range of levels shows it otherwise; else None.

        Raises:
            DataError: as `load`.
        """
        return None

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """SHA-256 over what fixes every pixel: the manifest of a downloaded set, the options of a generated one."""

    def lists_of(self, split: str) -> Mapping[str, tuple[str, ...]]:
        """Part to image names of one split.

        Raises:
            UsageError: there is no such split; the message lists those there are.
        """
        splits = self.splits()
        if split not in splits:
            raise UsageError(f"{self.name}: no split {split!r}; it has {', '.join(splits)}")
        return splits[split]

    def names(self, split: str, part: str) -> tuple[str, ...]:
        """Image names of one part of one split.

        Raises:
            UsageError: there is no such split or part; the message lists those there are.
            DataError: the part has no image.
        """
        lists = self.lists_of(split)
        if part not in lists:
            raise UsageError(f"{self.name}: split {split!r} has no part {part!r}; it has {', '.join(lists)}")
        if not lists[part]:
            raise DataError(
                f"{self.name}: part {part!r} of split {split!r} has no image; write names into its list, or remove it"
            )
        return lists[part]


@dataclass(frozen=True)
class DatasetEntry:
    """A data set as a plugin registers it: `build` turns the typed name with its options into a Dataset."""

    name: str
    summary: str
    build: Callable[[Spec], Dataset]
