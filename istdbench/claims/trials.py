"""Collectors that score a claim: by its own rule, and by others where it did not come out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from istdbench.audit import grids
from istdbench.audit.variant import Judged, Variant
from istdbench.audit.variants import VARIANTS
from istdbench.claims.measured import Trial
from istdbench.datasets.dataset import Sample
from istdbench.scoring.best_threshold import BestThreshold
from istdbench.scoring.loop import Maps


class ByRule:
    """Scores maps by a variant of the audit, on the grid of the network's input, where its authors score."""

    def __init__(self, rule: Variant) -> None:
        self._rule = rule
        self._judged: list[Judged] = []
        self.stretched = 0
        """Images whose maps are on another grid than their own."""

    def take(self, sample: Sample, maps: Maps) -> None:
        """Judge one image."""
        self.stretched += maps.raw.shape != sample.mask.shape
        self._judged.append(self._rule.judge(maps.raw, sample.mask))

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
        self._native = _OnNativeGrid(replace(rule, grid=grids.NATIVE))
        self._rules = {other.name: ByRule(other) for other in VARIANTS if _differs(other, rule)}
        self._best = BestThreshold()

    def take(self, sample: Sample, maps: Maps) -> None:
        """Try all of it on one image."""
        for other in (self._native, *self._rules.values()):
            other.take(sample, maps)
        score, mask = self._rule.grid.apply(maps.raw, sample.mask)
        self._best.take(replace(sample, mask=mask), Maps(score, score))

    def trials(self, metrics: Iterable[str]) -> list[Trial]:
        """One for each that has any of the metrics."""
        wanted = list(metrics)
        found = {"maps on the native grid": self._native.values(wanted)}
        found |= {f"rule of {name}": rule.values(wanted) for name, rule in self._rules.items()}
        best = self._best.found()
        if best is not None and "IoU" in wanted:
            found[f"score > {best[0]:.3f}, the best threshold on these very images"] = {"IoU": best[1]}
        return [Trial(words=words, values=values) for words, values in found.items() if values]


class _OnNativeGrid(ByRule):
    def take(self, sample: Sample, maps: Maps) -> None:
        super().take(sample, Maps(maps.score, maps.score))


def _differs(other: Variant, rule: Variant) -> bool:
    return replace(other, name="", source="", note="", shows=()) != replace(rule, name="", source="", note="", shows=())
