"""The doctor of data sets: what is in one, what would break a run, and what would make its numbers mislead."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import permutations
from typing import Any

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.facts import Facts, examine
from istdbench.datasets.filling import FLAT, OPTION
from istdbench.datasets.masks import WHITE
from istdbench.datasets.paired_files import Lists, PairedFiles, some
from istdbench.datasets.shared_images import Published, compared, leaks, training_part
from istdbench.progress import Progress

SMALL = 9
"""Targets of at most this many pixels are counted apart."""
THREADS = 4


@dataclass
class Report:
    """What `check` found.

    Attributes:
        dataset: its name; fingerprint: its fingerprint.
        splits: split to part to number of images.
        images, empty: number of images, and of those without a target.
        targets: number of targets: 8-connected regions.
        single, several, most: images with one target, images with more, and the most in one image.
        area: smallest, median and largest target in pixels; empty without targets.
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
        compared_with: other data sets to the split that was compared with this one's default, or "not here".
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
    compared_with: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """No faults; warnings are allowed."""
        return not self.faults

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with `healthy`."""
        return {**asdict(self), "healthy": self.healthy}


def check(dataset: Dataset, progress: Progress | None = None, others: Iterable[Dataset] = ()) -> Report:
    """Examine every image of a data set.

    Args:
        others: data sets that it is compared with, where they are here: which test images does training see?
        progress: called in this thread as `progress(done, total)` after each image.

    Raises:
        DataError: there is nothing to examine: not fetched, no such folder, no way to pair its masks.
            Anything less becomes a fault.
    """
    paired = dataset if isinstance(dataset, PairedFiles) else None
    lists = paired.lists() if paired else dataset.splits()
    names = (
        paired.all_names() if paired else [name for parts in lists.values() for part in parts.values() for name in part]
    )
    missing = [name for name in names if paired and not all(path.is_file() for path in paired.paths(name))]
    facts = _examine_all(dataset, sorted(set(names).difference(missing)), progress)
    report = Report(dataset.name, dataset.fingerprint, missing=missing)
    if paired:
        report.faults, report.warnings = paired.faults(), paired.warnings()
        report.range = str(paired.levels_range) + (" of each sequence" if paired.range_of == "sequence" else "")
    report.splits = {split: {part: len(parts[part]) for part in parts} for split, parts in lists.items()}
    sound = [fact for fact in facts if not fact.fault]
    _count(report, sound)
    _count_levels(report, sound)
    _judge(report, dataset, facts)
    _find_empty_parts(report, lists, dataset.backgrounds)
    digests = {fact.name: fact.digest for fact in sound}
    _find_leaks(report, lists, digests)
    _compare(report, dataset.default_split, lists, digests, others)
    return report


def _examine_all(dataset: Dataset, names: list[str], progress: Progress | None) -> list[Facts]:
    facts = []
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for done, fact in enumerate(pool.map(lambda name: examine(dataset, name), names), 1):
                facts.append(fact)
                if progress:
                    progress(done, len(names))
        finally:
            pool.shutdown(cancel_futures=True)
    return facts


def _count(report: Report, facts: list[Facts]) -> None:
    areas = [area for fact in facts for area in fact.areas]
    numbers = [len(fact.areas) for fact in facts]
    shapes = sorted({fact.shape for fact in facts}, key=lambda shape: (shape[0] * shape[1], shape))
    report.images = len(facts)
    report.targets = len(areas)
    report.single = numbers.count(1)
    report.several = sum(number > 1 for number in numbers)
    report.most = max(numbers, default=0)
    if areas:
        report.area = {"min": min(areas), "median": statistics.median(areas), "max": max(areas)}
    report.small = sum(area <= SMALL for area in areas)
    report.modes = dict(Counter(fact.mode for fact in facts if fact.mode).most_common())
    report.coloured = [fact.name for fact in facts if fact.coloured]
    report.sizes = len(shapes)
    if shapes:
        report.smallest, report.largest = shapes[0], shapes[-1]
    report.masks_read_by = dict(Counter(fact.taken for fact in facts if fact.taken).most_common())
    report.unusable_masks = [fact.name for fact in facts if fact.unusable]
    report.grey_masks = [fact.name for fact in facts if fact.grey and not fact.unusable]
    report.unsure_pixels = sum(fact.unsure for fact in facts)
    report.empty_masks = [fact.name for fact in facts if not fact.areas and not fact.unusable]


def _count_levels(report: Report, facts: list[Facts]) -> None:
    measured = [fact for fact in facts if fact.levels]
    report.flat = [fact.name for fact in measured if fact.sliver]
    if measured:
        shares = [round(fact.filled, 4) for fact in measured]
        lows, highs = zip(*(fact.levels for fact in measured), strict=True)
        report.levels = {"min": min(lows), "max": max(highs)}
        report.filled = {"min": min(shares), "median": statistics.median(shares), "max": max(shares)}


def _judge(report: Report, dataset: Dataset, facts: list[Facts]) -> None:
    report.unreadable = [fact.name for fact in facts if fact.fault]
    report.mismatched = [fact.name for fact in facts if fact.mismatch]
    report.faults += [fact.fault for fact in facts if fact.fault]
    report.faults += [
        f"mask of {fact.name} is {fact.mismatch}; resize neither, find the right mask"
        for fact in facts
        if fact.mismatch
    ]
    _judge_levels(report, facts)
    unusable = {fact.name: fact.unusable for fact in facts if fact.unusable}
    if unusable:
        names = list(unusable)
        report.faults.append(
            f"masks that cannot be used: {len(names)} ({some(names)}); in that of {names[0]}, {unusable[names[0]]}"
        )
    for how, number in report.masks_read_by.items():
        report.warnings.append(f"masks read by {how}: {number}; what is not 0 is a target")
    if report.grey_masks:
        sentence = (
            f"masks with grey levels: {len(report.grey_masks)} ({some(report.grey_masks)}); "
            f"> 127 and > 0 differ on {report.unsure_pixels} pixels"
        )
        if isinstance(dataset, PairedFiles) and not dataset.grey_masks:
            report.faults.append(f"{sentence}; declare grey_masks=true to take > 127")
        else:
            report.warnings.append(f"{sentence}; > 127 is taken, as declared")


def _judge_levels(report: Report, facts: list[Facts]) -> None:
    if report.flat:
        first = next(fact for fact in facts if fact.sliver)
        report.warnings.append(
            f"images that look flat to a method: {len(report.flat)} of {report.images}; "
            f"in {first.name}, {first.sliver}; {OPTION}"
        )
    elif report.filled and report.filled["median"] < FLAT:
        report.warnings.append(
            f"images look flat to a method: the half of them fill {report.filled['median']:.1%} of the range "
            f"{report.range} or less; {OPTION}"
        )


def _find_empty_parts(report: Report, lists: Lists, backgrounds: Collection[str]) -> None:
    """Parts without an image, and parts without a target, where every mask could be read and there should be one."""
    empty = set(report.empty_masks)
    for split, parts in lists.items():
        for part, names in parts.items():
            if not names:
                report.faults.append(f"{split}/{part} has no image; write names into its list, or remove the list")
            elif empty.issuperset(names) and split not in backgrounds:
                report.faults.append(f"no image of {split}/{part} has a target; {WHITE}")


def _find_leaks(report: Report, lists: Lists, digests: dict[str, str]) -> None:
    """Test images that training sees: the same pixels within a split, the same name between splits."""
    for split, parts in lists.items():
        training = defaultdict(list)
        for part in parts:
            for name in parts[part] if part != "test" else ():
                training[digests.get(name)].append((name, part))
        for name in parts.get("test", ()):
            if name in digests:
                report.duplicates += [(split, name, other, part) for other, part in training[digests[name]]]
    for split in lists:
        twice = sorted({name for where, name, _, _ in report.duplicates if where == split})
        if twice:
            report.warnings.append(f"test images of {split} that are also trained on: {len(twice)} ({some(twice)})")
    for one, other in permutations(lists, 2):
        report.warnings += _overlap(lists, one, other)


def _compare(report: Report, split: str, lists: Lists, digests: dict[str, str], others: Iterable[Dataset]) -> None:
    """Test images of this set that training on another sees, and the other way round."""
    parts = lists.get(split, {})
    own = Published(
        report.dataset, split, {part: [digests[name] for name in parts[part] if name in digests] for part in parts}
    )
    for other in others:
        found = compared(other)
        report.compared_with[other.name] = "not here" if found is None else found.split
        report.warnings += leaks(own, found) if found is not None else ()


def _overlap(lists: Lists, one: str, other: str) -> list[str]:
    """A sentence where training on split `other` sees test images of split `one`."""
    part = training_part(lists[other])
    test, trained = lists[one].get("test", ()), set(lists[other].get(part, ()))
    shared = sum(name in trained for name in test)
    if not shared:
        return []
    return [
        f"{shared} of the {len(test)} test images of {one} are in {part} of {other}: "
        "numbers of the two splits must not stand in one table"
    ]
