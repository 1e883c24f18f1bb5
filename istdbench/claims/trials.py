"""Collectors that score a claim: by its own rule, and by others where it did not come out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from istdbench.audit import grids
from istdbench.audit.variant import Judged, Variant
from istdbench.audit.variants import VARIANTS
from istdbench.claims.claim_record import Trial
from istdbench.datasets.dataset import Sample
from istdbench.scoring.best_threshold import BestThreshold
from istdbench.scoring.loop import Maps


class ByRule:
    """Scores maps by a variant of the audit, where its authors score.

    A rule that stretches takes the map from the grid of the network's input: where that is the rule's own, nothing is
    interpolated, as with its authors.
    """

    def __init__(self, rule: Variant) -> None:
        self._rule = rule
        self._judged: list[Judged] = []
        self.stretched = 0
        """Images whose maps are on another grid than their own."""

    def take(self, sample: Sample, maps: Maps) -> None:
        """Judge one image."""
        self.stretched += maps.raw.shape != sample.mask.shape
        self._judged.append(self._rule.judge(_on_its_grid(self._rule, maps), sample.mask))

    @property
    def targets(self) -> int:
        """Of all images together, as the rule counts them."""
        return sum(judged.counts.targets for judged in self._judged)

    def values(self, metrics: Iterable[str]) -> dict[str, float]:
        """Those of the images so far that the rule has."""
        found = self._rule.values(self._judged)
        return {name: found[name] for name in metrics if name in self._rule.shows}


class Others:
    """What else can be tried of the same maps: the native grid, the rules of other repositories, other thresholds."""

    def __init__(self, rule: Variant) -> None:
        self._rule = rule
        self._native = ByRule(replace(rule, grid=grids.NATIVE))
        self._rules = {other.name: ByRule(other) for other in VARIANTS if _differs(other, rule)}
        self._best = BestThreshold()

    def take(self, sample: Sample, maps: Maps) -> None:
        """Try all of it on one image."""
        for other in (self._native, *self._rules.values()):
            other.take(sample, maps)
        score, mask = self._rule.grid.apply(_on_its_grid(self._rule, maps), sample.mask)
        self._best.take(replace(sample, mask=mask), Maps(score, score))

    def trials(self, metrics: Iterable[str]) -> list[Trial]:
        """One for each that has any of the metrics."""
        wanted = list(metrics)
        native = {} if self._rule.grid == grids.NATIVE else self._native.values(wanted)
        found = {"maps on the native grid": native}
        found |= {f"rule of {name}": rule.values(wanted) for name, rule in self._rules.items()}
        best = self._best.found()
        if best is not None and "IoU" in wanted:
            found[f"score > {best[0]:.3f}, the best threshold on these very images"] = {"IoU": best[1]}
        return [Trial(words=words, values=values) for words, values in found.items() if values]


def _on_its_grid(rule: Variant, maps: Maps) -> np.ndarray:
    """The map that a rule begins with."""
    return maps.score if rule.grid == grids.NATIVE else maps.raw


def _differs(other: Variant, rule: Variant) -> bool:
    return replace(other, name="", source="", note="", shows=()) != replace(rule, name="", source="", note="", shows=())
