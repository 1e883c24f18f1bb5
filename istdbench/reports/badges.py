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
"""Each badge, and what it says of a number."""


def badge(runs: Iterable[Record]) -> str:
    """The badge of a row's runs; several, in their order, where the runs differ in it."""
    return ", ".join(dict.fromkeys(map(_badge, runs)))


def _badge(run: Record) -> str:
    if run.predictions is not None:
        return "from maps"
    return "run here" if run.weights is None else _of_weights(run.weights)


def _of_weights(weights: WeightsInfo) -> str:
    imported = weights.training.get("imported")
    if isinstance(imported, dict):
        return "authors' weights" if "released" in imported else "imported weights"
    return "trained here" if "training_hash" in weights.training else "unknown weights"
