"""Anyone's own data: a folder of images/ and masks/, paired by name.

Typed as `folder:PATH` or `folder:PATH,mask_suffix=_pixels0,range=7000:7800`; a path with a comma stands in quotes:

    PATH/images/a.png            png, bmp, jpg or tif; a TIFF of several pages is a sequence, its masks another
    PATH/images/seq1/0001.png    folders may hold folders, whose images are `seq1/0001` and so on
    PATH/masks/a.png             or a_pixels0.png: any one suffix, found by itself
    PATH/train.txt val.txt test.txt trainval.txt         optional, one name a line; or
    PATH/img_idx/train_NAME.txt test_NAME.txt            without lists every image is for testing

Where there is no `train.txt`, `trainval.txt` without the names in `val.txt` stands for it. The options:

    mask_suffix=_pixels0         where masks of several suffixes are there
    grey_masks=true              masks hold more levels than 0 and another, and a target is above 127
    range=minmax                 which levels become 0 and 255, see `istdbench.datasets.levels`; else `full`
    range_of=sequence            images of one folder or TIFF share them; else `image`: each has its own
    frames=5                     images in sequences of as many, see `istdbench.datasets.windows`
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.found_files import find_images, pages_of, subfolder
from istdbench.datasets.images import IMAGE_SUFFIXES
from istdbench.datasets.levels import FULL, Ends, Range, parse_range
from istdbench.datasets.paired_files import Lists, PairedFiles, some
from istdbench.datasets.split_lists import PLACES, ImageNames, find_lists, read_list, unused_lists
from istdbench.datasets.suffixes import pairing_suffixes
from istdbench.errors import DataError, UsageError
from istdbench.files import sha256_file, sha256_json
from istdbench.metrics.by_sequence import sequence_of
from istdbench.settings import expanded
from istdbench.spec import QUOTED_PATH, Scalar, Spec, check_options, checked_value

OPTIONS = ("mask_suffix", "grey_masks", "range", "range_of", "frames")
MOST_FRAMES = 256


class Place(NamedTuple):
    """Where an image is: the name of its file, and its page where the file has several."""

    file: str
    page: int | None = None

    @property
    def image(self) -> str:
        """The image's name: its file's, and below it the number of the page."""
        return self.file if self.page is None else f"{self.file}/{self.page:04d}"


class Folder(PairedFiles):
    """A folder of images and masks. Its files and lists are read once, when they are first asked for."""

    fix = "add or replace the files, or take the names off the list"

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        mask_suffix: str | None = None,
        grey_masks: bool = False,
        levels_range: Range = FULL,
        range_of: str = "image",
        frames: int = 1,
    ) -> None:
        """Name a folder; nothing is read.

        Args:
            mask_suffix: what a mask's name has after its image's; None to find it.
            grey_masks: masks may hold more levels than 0 and another, and are taken at > 127.
            levels_range: which levels of an image become 0 and 255.
            range_of: "image", or "sequence": images of one folder or TIFF share these levels.
            frames: of its sequence that end with each image.
        """
        self.name = name
        self.folder = folder
        self.grey_masks = grey_masks
        self.levels_range = levels_range
        self.range_of = range_of
        self.frames = frames
        self.sequences = frames > 1
        self._mask_suffix = mask_suffix
        self._ends: dict[str, Ends] = {}

    @cached_property
    def images(self) -> dict[str, Place]:
        """Name to place, sorted by file and page.

        Raises:
            DataError: the folder is absent or empty, or two files or pages have one name.
        """
        images: dict[str, Place] = {}
        for file, path in self._image_files.items():
            count = pages_of(path)
            places = [Place(file)] if count == 1 else [Place(file, page) for page in range(count)]
            pages = {place.image: place for place in places}
            for name in pages.keys() & images.keys():
                raise DataError(f"{path}: a page of it and another image have one name, {name}; rename one of them")
            images |= pages
        return images

    def lists(self) -> Lists:
        return self._lists

    def paths(self, name: str) -> tuple[Path, Path]:
        file = self.images.get(name, Place(name)).file
        mask = file + self.mask_suffix
        return (
            self._image_files.get(file, self.folder / "images" / f"{file}.png"),
            self._mask_files.get(mask, self.folder / "masks" / f"{mask}.png"),
        )

    def pages(self, name: str) -> tuple[int | None, int | None]:
        page = self.images.get(name, Place(name)).page
        return page, page

    def ends(self, name: str) -> Ends | None:
        if self.range_of == "image":
            return None
        sequence = sequence_of(name)
        if sequence not in self._ends:
            names = [other for other in self.images if sequence_of(other) == sequence]
            self._ends[sequence] = self.levels_range.ends(map(self.levels, names))
        return self._ends[sequence]

    def all_names(self) -> list[str]:
        return list(dict.fromkeys([*super().all_names(), *self.images]))

    def splits(self) -> Lists:
        if odd := self._unused_lists:
            self._notices.give("lists", f"{self.name}: {odd}")
        if problems := self._page_problems:
            raise DataError(f"{self.name}: {'; '.join(problems)}")
        return super().splits()

    def names(self, split: str, part: str) -> tuple[str, ...]:
        if part in self._list_files and not self.lists().get(split, {}).get(part, (part,)):
            raise DataError(
                f"{self._list_files[part]}: it lists no image; write the names of some into it, one a line, or remove "
                "it"
            )
        return super().names(split, part)

    def faults(self) -> list[str]:
        return [*self._page_problems, *super().faults()]

    def warnings(self) -> list[str]:
        listed = set(super().all_names())
        unlisted = [name for name in self.images if name not in listed]
        wanted = {file + self.mask_suffix for file in self._image_files}
        extra = [path.name for file, path in self._mask_files.items() if file not in wanted]
        odd = self._unused_lists
        return ([odd] if odd else []) + [
            f"{what}: {len(names)} ({some(names)})"
            for names, what in ((unlisted, "images in no list"), (extra, "masks without an image"))
            if names
        ]

    @cached_property
    def mask_suffix(self) -> str:
        """What a mask's name has after its image's: as given, else the one suffix that pairs the most images.

        Raises:
            DataError: no mask begins with an image's name, or two suffixes pair equally many.
        """
        if self._mask_suffix is not None:
            return self._mask_suffix
        best = pairing_suffixes(self._image_files, self._mask_files)
        if len(best) == 1:
            return best[0]
        where = subfolder(self.folder, "masks")
        if best:
            raise DataError(f"{where}: masks pair by {' and by '.join(map(repr, best))}; choose mask_suffix=...")
        raise DataError(
            f"{where}: no mask has an image's name, with or without a suffix; rename the masks; those of a TIFF of "
            "several pages are a TIFF of its name, of as many"
        )

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        """SHA-256 over the content of every image, its mask and the lists, and the options that read them."""
        files = {path.relative_to(self.folder).as_posix(): path for path in self._list_files.values()}
        for file, image in self._image_files.items():
            files[f"images/{file}"] = image
            files[f"masks/{file}"] = self._mask_files.get(file + self.mask_suffix, Path())
        hashes = {key: sha256_file(path) for key, path in files.items() if path.is_file()}
        ranges = {} if self.levels_range == FULL else {"range": str(self.levels_range), "range_of": self.range_of}
        frames = {} if self.frames == 1 else {"frames": self.frames}
        return sha256_json({"grey_masks": self.grey_masks, "files": hashes, **ranges, **frames})

    @cached_property
    def _image_files(self) -> dict[str, Path]:
        images = subfolder(self.folder, "images")
        if not images.is_dir() and _holds_images(self.folder):
            raise DataError(
                f"{self.folder}: it holds images itself; a data set has them in images/ and their masks in masks/. "
                f"{_without_masks(self.folder)}"
            )
        return find_images(images)

    @cached_property
    def _mask_files(self) -> dict[str, Path]:
        masks = subfolder(self.folder, "masks")
        if not masks.is_dir() and self._image_files:
            raise DataError(
                f"{masks}: no such folder; a data set has a mask for each image. "
                f"{_without_masks(subfolder(self.folder, 'images'))}"
            )
        return find_images(masks)

    @cached_property
    def _list_files(self) -> dict[str, Path]:
        return find_lists(self.folder)

    @cached_property
    def _lists(self) -> Lists:
        names = ImageNames(self.images)
        written = {
            part: tuple(name for line in read_list(path) for name in names.meant(line))
            for part, path in self._list_files.items()
        }
        if "trainval" in written and "train" not in written:
            kept = set(written.get("val", ()))
            written["train"] = tuple(name for name in written["trainval"] if name not in kept)
        return {"official": written or {"test": tuple(self.images)}}

    @cached_property
    def _unused_lists(self) -> str:
        """A sentence on texts that look like lists and are none; "" where there are none."""
        unused = unused_lists(self.folder, self._list_files.values(), ImageNames(self.images))
        if not unused:
            return ""
        shown = some([path.relative_to(self.folder).as_posix() for path in unused])
        instead = "" if self._list_files else ", and every image is for testing"
        return f"lists that are not used: {len(unused)} ({shown}){instead}; lists are {PLACES}"

    @cached_property
    def _page_problems(self) -> list[str]:
        """A sentence for each sequence in one file whose masks are not as many."""
        counts = Counter(place.file for place in self.images.values() if place.page is not None)
        problems = []
        for file, count in counts.items():
            mask = self._mask_files.get(file + self.mask_suffix)
            if mask is not None and (found := pages_of(mask)) != count:
                problems.append(
                    f"{self._image_files[file]} has {count} pages and its mask {mask.name} {found}; save a TIFF of "
                    f"{count} masks in the same order, or each page and its mask as files of their own"
                )
        return problems


def folder(spec: Spec) -> Folder:
    """The data set of a typed name such as `folder:/data/mine,mask_suffix=_gt`.

    Raises:
        UsageError: no path, an unknown option, or a value that is none.
    """
    try:
        check_options("data set 'folder'", spec.options, OPTIONS)
    except UsageError as error:
        raise UsageError(f"{error}; {QUOTED_PATH}") from error
    if not spec.argument:
        raise UsageError("folder: a path is missing; write folder:PATH")
    suffix = spec.options.get("mask_suffix")
    return Folder(
        str(spec),
        expanded(Path(spec.argument)).absolute(),  # it is read on wherever a plugin goes
        mask_suffix=None if suffix is None else str(suffix),
        grey_masks=_one_of(spec, "grey_masks", False, True) is True,
        levels_range=parse_range(str(spec.options.get("range", FULL))),
        range_of=str(_one_of(spec, "range_of", "image", "sequence")),
        frames=_frames(spec),
    )


def _one_of(spec: Spec, key: str, default: Scalar, other: Scalar) -> Scalar:
    value = spec.options.get(key, default)
    if value not in (default, other) or not isinstance(value, type(default)):
        raise UsageError(f"folder: {key}={value} is neither {str(other).lower()} nor {str(default).lower()}")
    return value


def _frames(spec: Spec) -> int:
    frames = checked_value("data set 'folder'", "frames", spec.options.get("frames", 1), 1)
    if not 1 <= int(frames) <= MOST_FRAMES:
        raise UsageError(f"folder: frames={frames} is not a whole number from 1 to {MOST_FRAMES}")
    return int(frames)


def _holds_images(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    return any(path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "." for path in folder.iterdir())


def _without_masks(images: Path) -> str:
    return f"For images without masks there is: istdbench predict {images} --method NAME --out DIR"


FOLDER = DatasetEntry("folder", f"your own images/ and masks/; options {', '.join(OPTIONS)}", folder)
