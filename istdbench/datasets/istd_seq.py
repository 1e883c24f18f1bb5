"""Six real infrared sequences, 1566 frames, each with the centre of one target.

Xu, Wei, Zhang, Shang: Robust and Fast Infrared Small Target Detection Based on Pareto Frontier Optimization, Infrared
Physics & Technology 2022, in whose repository they are. MIT licence. Typed as `istd_seq`, or `istd_seq:frames=5` for
sequences of as many frames.

Truth: a line `a,b` a frame is row and column, counted from 1. Their code reads it so (`scrg_bsf_cg.m`), and the images
say so: there the brightest of 3 x 3 pixels stands 14 to 18 standard deviations above the median of 21 x 21 around it
(median over the frames of each sequence), and under half of one where `a` is taken for the column; the brightest pixel
nearby is (a - 1, b - 1) in the median frame of all six, and one pixel off if they were counted from 0. Masks are not
published, so that no metric of pixels is defined. `seq1/155`, `seq1/185` and some others have their point elsewhere
than the frames before and after them.

Shots: the published sequences are put together of shots, and seq1 begins with some 100 single images. A method of
several frames must not see one scene in the place of another. So a window stays in a shot, and a new one begins
(`manifests/istd_seq.shots`, its numbers) where a frame's file has another size or kind than the last one's, where the
point moves by more than 15 pixels, or where two frames are unlike: at a quarter of their size, shifted by up to 12
pixels, they correlate by less than 0.8. They are 154; 1234 frames have a whole window of 5 frames, 203 one of 40.

Splits: `official` tests on all frames, since the authors train on none; `shots` on the last of each shot, for methods
that take seconds a frame (`--set data.split=shots`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.images import size
from istdbench.datasets.masks import Mask
from istdbench.datasets.paired_files import Lists
from istdbench.datasets.pinned import PublishedDataset
from istdbench.datasets.sources import Source
from istdbench.datasets.windows import in_order
from istdbench.errors import DataError, UsageError
from istdbench.files import sha256_json
from istdbench.lazy import numpy as np
from istdbench.metrics.by_sequence import sequence_of
from istdbench.spec import Spec, check_options, checked_value

SOURCE = Source("hahamyt", "ISTD", "4663e81acb1e76034485a01225ef0d482b66d4e0")
MANIFESTS = files("istdbench.datasets") / "manifests"
FRAMES = (1, 64)
"""How many frames may end with an image: the longest shots have not many more."""


class IstdSeq(PublishedDataset):
    """Frames `seq1/1` to `seq6/247`; a text of points for each sequence stands in the place of masks."""

    sequences = True
    truth = "points"

    def __init__(self, name: str, frames: int = 1) -> None:
        """Declare it; nothing is read.

        Args:
            name: as typed, with options.
            frames: of its shot that end with each image.
        """
        super().__init__(
            "istd_seq",
            manifest=MANIFESTS / "istd_seq.sha256",
            images="",
            masks=SOURCE.path("data/groundturth/{sequence}.txt"),
            lists={},
            default_protocol="sequences",
            digests=MANIFESTS / "istd_seq.digests",
            terms="MIT licence; the authors ask to be cited.",
            typical_side=572,
            largest_file=267_752,
        )
        self.name = name
        self.frames = frames

    @property
    def fingerprint(self) -> str:
        published = super().fingerprint
        if self.frames == 1:
            return published
        return sha256_json({"files": published, "shots": self._shots, "frames": self.frames})

    def lists(self) -> Lists:
        self._require_fetched()
        frames = tuple(self._images)
        last = {self.shot_of(name): name for name in frames}
        return {self.default_split: {"test": frames}, "shots": {"test": tuple(last.values())}}

    def manifest_paths(self, name: str) -> tuple[str, str]:
        if name not in self._images:
            raise DataError(f"{self.name}: no image {name!r}; names are seq1/1 to seq6/247")
        return self._images[name], self.patterns[1].format(sequence=sequence_of(name))

    def examined_mask(self, name: str, shape: tuple[int, ...]) -> Mask:
        path = self.paths(name)[1]
        row, column = _points(path)[_number(name) - 1]
        if not (1 <= row <= shape[0] and 1 <= column <= shape[1]):
            raise DataError(f"{path}: the point of {name}, {row},{column}, is outside its image, {size(shape)}")
        mask = np.zeros(shape, dtype=bool)
        mask[row - 1, column - 1] = True
        return Mask(mask)

    def shot_of(self, name: str) -> str:
        sequence = sequence_of(name)
        return f"{sequence}, shot {bisect_right(self._shots[sequence], _number(name))}"

    def warnings(self) -> list[str]:
        shots = {name: len(first) for name, first in self._shots.items()}
        told = ", ".join(f"{name} has {number}" for name, number in shots.items())
        return [
            *super().warnings(),
            f"sequences are put together of shots, and a window of frames stays in one: {told}",
        ]

    def _gray(self, name: str) -> np.ndarray:
        self._published(self.manifest_paths(name)[0])
        return super()._gray(name)

    @cached_property
    def _images(self) -> Mapping[str, str]:
        """Name to manifest path, in the order of the frames."""
        begin = SOURCE.path("data/seq")
        found = {
            path.removeprefix(SOURCE.path("data/")).rpartition(".")[0]: path
            for path in self._hashes
            if path.startswith(begin)
        }
        return dict(sorted(found.items(), key=lambda item: in_order(item[0])))

    @cached_property
    def _shots(self) -> Mapping[str, Sequence[int]]:
        """Sequence to the first frame of each of its shots."""
        lines = (MANIFESTS / "istd_seq.shots").read_text(encoding="utf-8").splitlines()
        return {name: list(map(int, numbers)) for name, *numbers in map(str.split, lines)}


def _number(name: str) -> int:
    return int(name.rpartition("/")[2])


def _points(path: Path) -> list[tuple[int, int]]:
    """Row and column, counted from 1, of each frame of a sequence."""
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").split()]
    return [(int(row), int(column)) for row, column in rows]


def istd_seq(spec: Spec) -> IstdSeq:
    """The data set of a typed name such as `istd_seq:frames=5`.

    Raises:
        UsageError: an unknown option, or a number of frames that is none.
    """
    owner = "data set 'istd_seq'"
    check_options(owner, [*spec.options, *filter(None, [spec.argument])], ("frames",))
    frames = int(checked_value(owner, "frames", spec.options.get("frames", 1), 1))
    if not FRAMES[0] <= frames <= FRAMES[1]:
        raise UsageError(f"{owner}: frames={frames} is not a whole number from {FRAMES[0]} to {FRAMES[1]}")
    return IstdSeq(str(spec), frames)


ISTD_SEQ = DatasetEntry(
    "istd_seq", "six real sequences, 1566 frames, a centre point each (Xu et al., IPT 2022); option frames", istd_seq
)
