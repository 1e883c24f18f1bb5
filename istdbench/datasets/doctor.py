"""The doctor of data sets: what is in one, what would break a run, and what would make its numbers mislead."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.facts import Facts, examine
from istdbench.datasets.filling import FLAT, OPTION
from istdbench.datasets.findings import Report
from istdbench.datasets.leaking_splits import compare, find_leaks, find_near_duplicates
from istdbench.datasets.masks import WHITE
from istdbench.datasets.paired_files import Lists, PairedFiles, some
from istdbench.datasets.torn_sequences import torn
from istdbench.datasets.windows import windows
from istdbench.progress import Progress

SMALL = 9
"""Targets of at most this many pixels are counted apart."""
THREADS = 4


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
    lists = dict(paired.lists() if paired else dataset.splits())
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
    if dataset.truth == "points":
        report.area, report.small = {}, 0
        report.warnings.append("only the centre of each target is known: no metric of pixels, curve or audit is made")
    report.warnings += [
        f"sequences of {split} that stand both in {one} and in {other}: {len(shared)} ({some(shared)})"
        for split in lists
        for one, other, shared in torn(dataset, split)
    ]
    _count_levels(report, sound)
    _judge(report, dataset, facts)
    if paired:
        _judge_windows(report, paired, {fact.name: fact.shape for fact in sound})
    report.dropped = {split: list(names) for split, names in dataset.dropped().items()}
    _find_empty_parts(report, lists, dataset.backgrounds)
    digests = {fact.name: fact.digest for fact in sound}
    find_leaks(report, lists, digests)
    find_near_duplicates(report, lists, digests, {fact.name: fact.look for fact in sound if fact.look})
    compare(report, dataset.default_split, lists, digests, others)
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


def _judge_windows(report: Report, paired: PairedFiles, shapes: Mapping[str, tuple[int, ...]]) -> None:
    uneven = [
        name
        for name, window in windows(shapes, paired.frames, paired.shot_of).items()
        if len({shapes[each] for each in window}) > 1
    ]
    if uneven:
        report.faults.append(
            f"images whose window of {paired.frames} frames has several sizes: {len(uneven)} ({some(uneven)}); put "
            "images of one size into one folder, and those of another into another"
        )


def _find_empty_parts(report: Report, lists: Lists, backgrounds: Collection[str]) -> None:
    """Parts without an image, and parts without a target, where every mask could be read and there should be one."""
    empty = set(report.empty_masks)
    for split, parts in lists.items():
        for part, names in parts.items():
            if not names and split in report.dropped:
                report.warnings.append(f"{split}/{part} has no image left: all show what is in its test data")
            elif not names:
                report.faults.append(f"{split}/{part} has no image; write names into its list, or remove the list")
            elif empty.issuperset(names) and split not in backgrounds:
                report.faults.append(f"no image of {split}/{part} has a target; {WHITE}")
