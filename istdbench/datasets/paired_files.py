"""Data sets of files: one image and one mask a name, and split lists of names."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from istdbench.datasets.dataset import Dataset, Sample
from istdbench.datasets.digest import image_digest
from istdbench.datasets.filling import OPTION, sliver
from istdbench.datasets.images import read_pixels, size, to_gray
from istdbench.datasets.levels import FULL, Ends, Range
from istdbench.datasets.masks import Mask, examine_mask, usable
from istdbench.datasets.pixels import luma
from istdbench.datasets.windows import Windows, jumps, told_jumps
from istdbench.errors import DataError
from istdbench.lazy import numpy as np
from istdbench.metrics.by_sequence import sequence_of
from istdbench.notices import Notices

Lists = Mapping[str, Mapping[str, tuple[str, ...]]]


class PairedFiles(Dataset):
    """Image and mask files paired by name.

    Attributes:
        fix: what a user does about a missing or broken file, as it ends an error message.
        grey_masks: masks hold more levels than 0 and another, and are taken at > 127.
        levels_range: which levels of an image become 0 and 255.
        range_of: "image" where each has its own, "sequence" where those of one share them.
        frames: of a sequence that end with each image; images before the first whole window are in no list.
    """

    fix: str
    grey_masks: bool = False
    levels_range: Range = FULL
    range_of: str = "image"

    @abstractmethod
    def lists(self) -> Lists:
        """The split lists as they are written, not yet compared with the files."""

    @abstractmethod
    def paths(self, name: str) -> tuple[Path, Path]:
        """Where the image and the mask of `name` are, or should be."""

    def pages(self, name: str) -> tuple[int | None, int | None]:
        """The pages that are the image and the mask, where their files have several; None is the only page."""
        return None, None

    def ends(self, name: str) -> Ends | None:
        """The levels that become 0 and 255, where images of a sequence share them; None takes the image's own."""
        return None

    def levels(self, name: str) -> np.ndarray:
        """The levels of an image (H, W), in its file's own units.

        Raises:
            DataError: as `load`.
        """
        return luma(read_pixels(self.paths(name)[0], self.pages(name)[0], fix=self.fix))

    def examined_mask(self, name: str, shape: tuple[int, ...]) -> Mask:
        """What is said of the targets of an image, be it usable or not.

        Args:
            shape: of the image, rows and columns.

        Raises:
            DataError: the file cannot be read.
        """
        return examine_mask(self.paths(name)[1], self.pages(name)[1], fix=self.fix)

    def all_names(self) -> list[str]:
        """Every name once, listed or not; its files need not be there."""
        return list(
            dict.fromkeys(name for parts in self.lists().values() for names in parts.values() for name in names)
        )

    def faults(self) -> list[str]:
        """Sentences on what is wrong with the files as a whole; what is in them is for the doctor to find."""
        return [f"{problem}; {self.fix}" for problem in list_problems(self, self.lists())]

    def warnings(self) -> list[str]:
        """Sentences on what is odd with the files as a whole."""
        return []

    def splits(self) -> Lists:
        lists = self.lists()
        problems = list_problems(self, lists)
        if problems:
            raise DataError(f"{self.name}: {'; '.join(problems)}; {self.fix}")
        return lists if self.frames == 1 else self._with_windows(lists)

    def sequence(self, name: str) -> np.ndarray:
        return self._windows(name)

    def shot_of(self, name: str) -> str:
        """What an image shares with all frames that its window may hold: its sequence, or an uncut part of that."""
        return sequence_of(name)

    def _gray(self, name: str) -> np.ndarray:
        """The image (H, W) of a name."""
        return to_gray(self.levels(name), self.paths(name)[0], self.levels_range, self.ends(name))

    def _with_windows(self, lists: Lists) -> Lists:
        """The lists without images that have no window. How many they are is said once, and where names jump.

        Raises:
            DataError: nothing is left of a list.
        """
        kept = {
            split: {part: tuple(name for name in names if name in self._windows.names) for part, names in parts.items()}
            for split, parts in lists.items()
        }
        for split, parts in kept.items():
            for part, names in parts.items():
                listed = len(lists[split][part])
                if listed and not names:
                    raise DataError(
                        f"{self.name}: no image of {split}/{part} has {self.frames - 1} images before it in its folder "
                        "or TIFF, which is a sequence; put the images of a sequence into a folder in images/, in the "
                        "order of their names, or give fewer frames"
                    )
                if len(names) < listed:
                    self._notices.give(
                        f"{split}/{part}",
                        f"{self.name}: {listed - len(names)} of {listed} images of {split}/{part} have no "
                        f"{self.frames - 1} images before them in their sequence, and are left out",
                    )
        if found := jumps(self.all_names(), self.shot_of):
            self._notices.give("jumps", f"{self.name}: {told_jumps(found)}")
        return kept

    @cached_property
    def _windows(self) -> Windows:
        return Windows(self.all_names(), self.frames, self._gray, self.shot_of)

    def load(self, name: str) -> Sample:
        image_path, mask_path = self.paths(name)
        levels = self.levels(name)
        image = to_gray(levels, image_path, self.levels_range, self.ends(name))
        mask = usable(self.examined_mask(name, image.shape), mask_path, self.grey_masks)
        if mask.targets.shape != image.shape:
            raise DataError(
                f"{self.name}: mask of {name} is {size(mask.targets.shape)}, its image {size(image.shape)}; "
                f'run "istdbench data check {self.name}"'
            )
        self._tell(name, levels, mask)
        return Sample(name, image, mask.targets, points=self.truth == "points")

    def file_digest(self, name: str) -> str | None:
        if self.levels_range == FULL:
            return None
        levels = self.levels(name)
        try:
            return image_digest(FULL.gray(levels))
        except DataError:  # a type without a full scale, whose levels may well be those of another file's 0 to 255
            return image_digest(levels.astype(np.float32))

    def _tell(self, name: str, levels: np.ndarray, mask: Mask) -> None:
        """Say, once a data set, how masks and levels were read that could be meant otherwise."""
        if mask.taken:
            how = f"masks are read by {mask.taken}, such as that of {name}: what is not 0 is a target"
            self._notices.give("mask", f"{self.name}: {how}")
        if problem := sliver(levels, self.levels_range):
            self._notices.give("levels", f"{self.name}: images look flat to a method: {name}, {problem}; {OPTION}")

    @cached_property
    def _notices(self) -> Notices:
        return Notices()


def list_problems(dataset: PairedFiles, lists: Lists) -> list[str]:
    """What keeps lists from being used, a sentence each: names without files, names listed twice."""
    problems = []
    for split, parts in lists.items():
        for part, names in parts.items():
            where = f"{split}/{part}"
            absent = [name for name in names if not all(path.is_file() for path in dataset.paths(name))]
            if absent:
                problems.append(
                    f"{len(absent)} of {len(names)} names in {where} have no image or mask ({some(absent)})"
                )
            twice = [name for name, times in Counter(names).items() if times > 1]
            if twice:
                problems.append(f"{where} lists {some(twice)} more than once")
    return problems


def some(names: Sequence[str], at_most: int = 5) -> str:
    """The first names of many, for a message: `a, b and 3 more`."""
    shown = ", ".join(names[:at_most])
    return f"{shown} and {len(names) - at_most} more" if len(names) > at_most else shown
