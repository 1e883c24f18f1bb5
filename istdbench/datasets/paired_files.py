"""Data sets of files: one image and one mask a name, and split lists of names."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from istdbench.datasets.dataset import Dataset, Sample
from istdbench.datasets.images import IMAGE_SUFFIXES
from istdbench.datasets.masks import read_sample
from istdbench.errors import DataError

Lists = Mapping[str, Mapping[str, tuple[str, ...]]]


class PairedFiles(Dataset):
    """Image and mask files paired by name.

    Attributes:
        fix: what a user does about a missing or broken file, as it ends an error message.
        grey_masks: masks hold levels other than 0 and 255 and are taken at > 127.
    """

    fix: str
    grey_masks: bool = False

    @abstractmethod
    def lists(self) -> Lists:
        """The split lists as they are written, not yet compared with the files."""

    @abstractmethod
    def paths(self, name: str) -> tuple[Path, Path]:
        """Where the image and the mask of `name` are, or should be."""

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
        return lists

    def load(self, name: str) -> Sample:
        image, mask = self.paths(name)
        return read_sample(self.name, name, image, mask, grey=self.grey_masks, fix=self.fix)


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


def read_list(path: Path) -> tuple[str, ...]:
    """Names of a split list: one a line, blank lines skipped, an image file ending dropped.

    Raises:
        DataError: the list is absent or is not text; names it.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a list of names ({error}); write one name a line") from error
    return tuple(stem(line.strip()) for line in lines if line.strip())


def stem(name: str) -> str:
    """`Misc_1.png` and `Misc_1` are one name; `v1.5` is a name too, its dot starts no image file ending."""
    path = Path(name)
    return path.stem if path.suffix.lower() in IMAGE_SUFFIXES else path.name


def some(names: Sequence[str], at_most: int = 5) -> str:
    """The first names of many, for a message: `a, b and 3 more`."""
    shown = ", ".join(names[:at_most])
    return f"{shown} and {len(names) - at_most} more" if len(names) > at_most else shown
