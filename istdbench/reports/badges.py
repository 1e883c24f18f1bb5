"""Whose the number of a row is, in two words: whose weights gave it, or whose maps."""

from __future__ import annotations

from collections.abc import Iterable

from istdbench.results import Record, WeightsInfo

BADGES = {
    "run here": "a method without weights, run by this package",
    "trained here": "weights that this package trained",
    "authors' weights": "weights that the method's authors released, run by this package",
    "imported weights": "weights that others trained and no release declares, run by this package",
    "unknown weights": "weights that do not say how they were trained, run by this package",
    "from maps": "score maps that were made elsewhere, scored by this package",
}
"""Each badge of a number that was made in this repository, and what it says of it."""
GRADES = {
    "scored": "handed in: score maps that the sender published, scored here",
    "re-run": "handed in: weights and plugin that the sender published, run here to the same numbers",
    "signed by its authors": "handed in by an author of the method",
}
SCORED, RE_RUN, SIGNED = GRADES
"""Each badge of a number that was handed in (`istdbench submit`), and what it says of it."""


def badge(runs: Iterable[Record]) -> str:
    """The badge of a row's runs; several, in their order, where the runs differ in it."""
    return ", ".join(dict.fromkeys(each for run in runs for each in badges(run)))


def badges(run: Record) -> tuple[str, ...]:
    """The badges of one run; those of one that was handed in are of `GRADES`."""
    if run.submission is not None:
        return of_submission(RE_RUN if run.predictions is None else SCORED, run.submission.author)
    if run.predictions is not None:
        return ("from maps",)
    return ("run here" if run.weights is None else _of_weights(run.weights),)


def of_submission(grade: str, author: bool) -> tuple[str, ...]:
    """The badges of what was handed in: the grade that its check gave, and whether an author of the method signs it."""
    return (grade, SIGNED) if author else (grade,)


def legend(runs: Iterable[Record]) -> str:
    """What the badges of a page say: those of this repository, and of the others which there are."""
    there = {each for run in runs for each in badges(run)}
    told = BADGES | {name: meaning for name, meaning in GRADES.items() if name in there}
    return "; ".join(f"*{name}*, {meaning}" for name, meaning in told.items())


def _of_weights(weights: WeightsInfo) -> str:
    imported = weights.training.get("imported")
    if isinstance(imported, dict):
        return "authors' weights" if "released" in imported else "imported weights"
    return "trained here" if "training_hash" in weights.training else "unknown weights"
