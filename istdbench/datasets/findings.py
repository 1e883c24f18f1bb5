"""What the doctor of data sets finds in one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Report:
    """What `istdbench.datasets.doctor.check` found.

    Attributes:
        dataset: its name; fingerprint: its fingerprint.
        splits: split to part to number of images.
        images, empty: number of images, and of those without a target.
        targets: number of targets: 8-connected regions.
        single, several, most: images with one target, images with more, and the most in one image.
        area: smallest, median and largest target in pixels; empty without targets, and where their centres alone are
            known.
        small: targets of at most 9 pixels.
        modes: image file mode to number of images; empty for generated data.
        coloured: images with pixels that are not pure grey.
        range: which levels of an image become 0 and 255, as it is written; "" for generated data.
        levels: smallest and largest level of all images, in their files' own units.
        filled: smallest, median and largest share of the range that an image spans.
        flat: images of 16 bits that fill little of their full scale.
        sizes: number of different image sizes; smallest, largest: by number of pixels, rows and columns.
        masks_read_by: how masks were read that are not 0 and 255, to number of images.
        unusable_masks: images from whose mask no target can be read.
        grey_masks: images whose mask holds more levels than 0 and another.
        unsure_pixels: pixels of these masks on which > 127 and > 0 differ.
        empty_masks, mismatched, unreadable: names of images.
        missing: names, listed or in the folder, without an image or without a mask.
        duplicates: (split, test image, other image, its part) that hold the same pixels.
        near_duplicates: (split, test image, image that is trained on, cosine, bits), of other pixels but nearly the
            same; see `istdbench.datasets.near_duplicates`.
        compared_with: other data sets to the split that was compared with this one's default, or "not here".
        dropped: of a union, split to the images that its training does without, see `istdbench.datasets.union`.
        faults: sentences on what makes a run fail or its input wrong.
        warnings: sentences on what makes numbers mislead.
    """

    dataset: str
    fingerprint: str = ""
    splits: dict[str, dict[str, int]] = field(default_factory=dict)
    images: int = 0
    targets: int = 0
    single: int = 0
    several: int = 0
    most: int = 0
    area: dict[str, float] = field(default_factory=dict)
    small: int = 0
    modes: dict[str, int] = field(default_factory=dict)
    coloured: list[str] = field(default_factory=list)
    range: str = ""
    levels: dict[str, float] = field(default_factory=dict)
    filled: dict[str, float] = field(default_factory=dict)
    flat: list[str] = field(default_factory=list)
    sizes: int = 0
    smallest: tuple[int, ...] = ()
    largest: tuple[int, ...] = ()
    masks_read_by: dict[str, int] = field(default_factory=dict)
    unusable_masks: list[str] = field(default_factory=list)
    grey_masks: list[str] = field(default_factory=list)
    unsure_pixels: int = 0
    empty_masks: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    duplicates: list[tuple[str, str, str, str]] = field(default_factory=list)
    near_duplicates: list[tuple[str, str, str, float, int]] = field(default_factory=list)
    compared_with: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """No faults; warnings are allowed."""
        return not self.faults

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with `healthy`."""
        return {**asdict(self), "healthy": self.healthy}
