"""Anyone's own data: a folder of images/ and masks/, paired by name.

Typed as `folder:PATH` or `folder:PATH,mask_suffix=_pixels0,grey_masks=true`:

    PATH/images/a.png            png, bmp, jpg or tif
    PATH/masks/a.png             or a_pixels0.png: any one suffix, found by itself
    PATH/train.txt val.txt test.txt     optional, one name a line; without lists every image is for testing
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.paired_files import IMAGE_SUFFIXES, Lists, PairedFiles, read_list, some
from istdbench.datasets.suffixes import pairing_suffixes
from istdbench.errors import DataError, UsageError
from istdbench.files import sha256_file, sha256_json
from istdbench.spec import Spec, check_options


class Folder(PairedFiles):
    """A folder of images and masks. Its files are listed once, when they are first asked for."""

    fix = "add or replace the files, or take the names off the list"

    def __init__(self, name: str, folder: Path, *, mask_suffix: str | None = None, grey_masks: bool = False) -> None:
        """Name a folder; nothing is read.

        Args:
            mask_suffix: what a mask's name has after its image's; None to find it.
            grey_masks: masks may hold levels other than 0 and 255 and are taken at > 127.
        """
        self.name = name
        self.folder = folder
        self.grey_masks = grey_masks
        self._mask_suffix = mask_suffix

    @cached_property
    def images(self) -> dict[str, Path]:
        """Name to image file, sorted by name.

        Raises:
            DataError: the folder is absent or empty, or two files have one name.
        """
        return _by_stem(self.folder / "images")

    def lists(self) -> Lists:
        parts = {part: self.folder / f"{part}.txt" for part in ("train", "val", "test")}
        written = {part: read_list(path) for part, path in parts.items() if path.is_file()}
        return {"official": written or {"test": tuple(self.images)}}

    def paths(self, name: str) -> tuple[Path, Path]:
        mask = name + self.mask_suffix
        return (
            self.images.get(name, self.folder / "images" / f"{name}.png"),
            self._masks.get(mask, self.folder / "masks" / f"{mask}.png"),
        )

    def all_names(self) -> list[str]:
        return list(dict.fromkeys([*super().all_names(), *self.images]))

    def warnings(self) -> list[str]:
        listed = set(super().all_names())
        unlisted = [name for name in self.images if name not in listed]
        wanted = {name + self.mask_suffix for name in self.images}
        extra = [path.name for stem, path in self._masks.items() if stem not in wanted]
        return [
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
        best = pairing_suffixes(self.images, self._masks)
        if len(best) == 1:
            return best[0]
        masks = self.folder / "masks"
        if best:
            raise DataError(f"{masks}: masks pair by {' and by '.join(map(repr, best))}; choose mask_suffix=...")
        raise DataError(f"{masks}: no mask has an image's name, with or without a suffix; rename the masks")

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        """SHA-256 over the content of every image, its mask and the lists, and the options that read them."""
        files = {f"{part}.txt": self.folder / f"{part}.txt" for part in ("train", "val", "test")}
        for name in self.images:
            files[f"images/{name}"], files[f"masks/{name}"] = self.paths(name)
        hashes = {key: sha256_file(path) for key, path in files.items() if path.is_file()}
        return sha256_json({"grey_masks": self.grey_masks, "files": hashes})

    @cached_property
    def _masks(self) -> dict[str, Path]:
        return _by_stem(self.folder / "masks")


def folder(spec: Spec) -> Folder:
    """The data set of a typed name such as `folder:/data/mine,mask_suffix=_gt`.

    Raises:
        UsageError: no path, an unknown option, or a value that is none.
    """
    check_options("data set 'folder'", spec.options, ("mask_suffix", "grey_masks"))
    if not spec.argument:
        raise UsageError("folder: a path is missing; write folder:PATH")
    grey_masks = spec.options.get("grey_masks", False)
    if not isinstance(grey_masks, bool):
        raise UsageError(f"folder: grey_masks={grey_masks} is neither true nor false")
    suffix = spec.options.get("mask_suffix")
    return Folder(
        str(spec),
        Path(spec.argument).expanduser(),
        mask_suffix=None if suffix is None else str(suffix),
        grey_masks=grey_masks,
    )


def _by_stem(folder: Path) -> dict[str, Path]:
    """Image files of a folder by name without ending, sorted."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    except OSError as error:
        raise DataError(
            f"{folder}: cannot be listed ({error.strerror}); PATH/images and PATH/masks are needed"
        ) from error
    files: dict[str, Path] = {}
    for path in paths:
        if path.stem in files:
            raise DataError(f"{folder}: {files[path.stem].name} and {path.name} have one name; keep one of them")
        files[path.stem] = path
    if not files:
        raise DataError(f"{folder}: no image file; endings are {', '.join(IMAGE_SUFFIXES)}")
    return files


FOLDER = DatasetEntry("folder", "your own images/ and masks/; options mask_suffix, grey_masks", folder)
