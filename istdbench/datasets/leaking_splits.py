"""The doctor's findings on test images that training sees: copies, near-duplicates, other splits, other data sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import permutations

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.findings import Report
from istdbench.datasets.near_duplicates import BITS, COSINE, Look, near_duplicates
from istdbench.datasets.paired_files import Lists, some
from istdbench.datasets.shared_images import Compared, compared, leaks, training_part


def find_leaks(report: Report, lists: Lists, digests: dict[str, str]) -> None:
    """Test images that training sees: the same pixels within a split, the same name between splits. And those that are
    tested more than once."""
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
        report.warnings += _repeated(split, [digests[name] for name in lists[split].get("test", ()) if name in digests])
    for one, other in permutations(lists, 2):
        report.warnings += _overlap(lists, one, other)


def find_near_duplicates(report: Report, lists: Lists, digests: dict[str, str], looks: dict[str, Look]) -> None:
    """Test images that are nearly one that training sees, but not of the same pixels, which is said already."""
    for split, parts in lists.items():
        test, trained = (
            {name: looks[name] for name in parts.get(part, ()) if name in looks}
            for part in ("test", training_part(parts))
        )
        pairs = [pair for pair in near_duplicates(test, trained) if digests[pair.test] != digests[pair.trained]]
        report.near_duplicates += [(split, *pair) for pair in pairs]
        if pairs:
            names = sorted({pair.test for pair in pairs})
            report.warnings.append(
                f"test images of {split} that are nearly one that is trained on: {len(names)} ({some(names)}), "
                f"{len(pairs)} pairs of cosine {COSINE} or more and pHash {BITS} or less"
            )


def compare(report: Report, split: str, lists: Lists, digests: dict[str, str], others: Iterable[Dataset]) -> None:
    """Test images of this set that training on another sees, and the other way round."""
    parts = lists.get(split, {})
    own = Compared(
        report.dataset, split, {part: [digests[name] for name in parts[part] if name in digests] for part in parts}
    )
    for other in others:
        found = compared(other)
        report.compared_with[other.name] = "not here" if found is None else found.split
        report.warnings += leaks(own, found) if found is not None else ()


def _repeated(split: str, tested: list[str]) -> list[str]:
    """A sentence where one picture is tested more than once, as where two data sets of a union share it."""
    if not (more := len(tested) - len(set(tested))):
        return []
    return [
        f"test images of {split} that show the same as another of them: {more} of {len(tested)}; they count as often "
        "as they stand there, and intervals take them for different images"
    ]


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
