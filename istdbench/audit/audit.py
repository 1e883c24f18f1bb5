"""The audit: the same score maps under every variant, and which choice moves which number on which images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from istdbench.audit.variant import STEPS, Judged, Variant
from istdbench.audit.variants import REFERENCE, VARIANTS
from istdbench.datasets.dataset import Sample
from istdbench.datasets.targets import require_extents
from istdbench.metrics.counting import check_maps


@dataclass(frozen=True)
class Effect:
    """How far one choice of a variant moves a metric, on the way from the reference to the variant."""

    step: str
    words: str
    change: float


@dataclass(frozen=True)
class ImageChange:
    """An image's own value of a metric under the reference and under a variant; NaN where it is undefined."""

    name: str
    before: float
    after: float

    @property
    def size(self) -> float:
        """How large the change is; 1 where the image has a value in one of the two only."""
        if math.isnan(self.before) or math.isnan(self.after):
            return float(math.isnan(self.before) != math.isnan(self.after))
        return abs(self.after - self.before)


@dataclass(frozen=True)
class Finding:
    """A metric that a variant and the reference both have, and differ in.

    Attributes:
        effects: of each choice in which the two differ, the one that moves the metric most first. They add up to the
            difference.
        images: those whose own value changes, most first.
    """

    metric: str
    before: float
    after: float
    effects: tuple[Effect, ...]
    images: tuple[ImageChange, ...]


@dataclass(frozen=True)
class Row:
    """One variant: its values by metric, and how it comes to differ from the reference."""

    variant: Variant
    values: Mapping[str, float]
    findings: tuple[Finding, ...]


class ScoreMap(Protocol):
    """What the audit sees of an image's maps: `score`, (H, W) in [0, 1], on the image's own grid."""

    @property
    def score(self) -> np.ndarray: ...


class Audit:
    """Judges images one by one by each variant; a collector of the scoring loop."""

    def __init__(self, variants: Sequence[Variant] = VARIANTS) -> None:
        self._variants = variants
        every = (trial for variant in variants for trial in (REFERENCE, variant, *_way(variant).values()))
        self._trials = {_steps(trial): trial for trial in every}
        self._judged: dict[tuple, list[Judged]] = {steps: [] for steps in self._trials}
        self._names: list[str] = []

    def take(self, sample: Sample, maps: ScoreMap) -> None:
        """Judge one image.

        Raises:
            DataError: the score map does not fit the mask; as `check_maps`. Or there is none; as `require_extents`.
        """
        require_extents(sample, "an audit")
        check_maps(maps.score, sample.mask)
        for steps, trial in self._trials.items():
            self._judged[steps].append(trial.judge(maps.score, sample.mask))
        self._names.append(sample.name)

    def rows(self) -> list[Row]:
        """A row for each variant, over the images taken so far."""
        return [_row(variant, self._judged, self._names) for variant in self._variants]


def _row(variant: Variant, judged: Mapping[tuple, Sequence[Judged]], names: Sequence[str]) -> Row:
    before, after = judged[_steps(REFERENCE)], judged[_steps(variant)]
    values = variant.values(after)
    stages = {"reference": REFERENCE.values(before)}
    stages |= {step: trial.values(judged[_steps(trial)]) for step, trial in _way(variant).items()}
    findings = []
    for metric in variant.shows:
        path = {step: stage[metric] for step, stage in stages.items() if metric in REFERENCE.shows}
        if path and not _same(path["reference"], values[metric]):
            effects, images = _effects(variant, path), _images(variant, metric, names, before, after)
            findings.append(Finding(metric, path["reference"], values[metric], effects, images))
    return Row(variant, {name: values[name] for name in variant.shows}, tuple(findings))


def _effects(variant: Variant, path: Mapping[str, float]) -> tuple[Effect, ...]:
    """What each step adds, given the metric's values from the reference on, by the step that was changed last."""
    steps, values = list(path), list(path.values())
    effects = [
        Effect(STEPS[step], variant.words(step), after - before)
        for step, before, after in zip(steps[1:], values, values[1:], strict=False)
    ]
    return tuple(sorted(effects, key=lambda effect: -abs(effect.change)))


def _images(
    variant: Variant, metric: str, names: Sequence[str], before: Sequence[Judged], after: Sequence[Judged]
) -> tuple[ImageChange, ...]:
    """The images that a variant judges differently; what it does to the set as a whole changes none of them."""
    of_one = replace(variant, aggregation=REFERENCE.aggregation)
    changes = [
        ImageChange(name, REFERENCE.values([one])[metric], of_one.values([other])[metric])
        for name, one, other in zip(names, before, after, strict=True)
    ]
    return tuple(sorted((change for change in changes if change.size > 0), key=lambda change: -change.size))


def _steps(variant: Variant) -> tuple:
    """What tells variants apart: their choices, and whether there is an AUC to count."""
    return (*(getattr(variant, step) for step in STEPS), variant.roc)


def _way(variant: Variant) -> dict[str, Variant]:
    """From the reference to the variant, one step after the other; the last is the variant, but for its name.

    The last step is changed first. Were the matching changed before the false-alarm rule, it would seem to move Fa also
    where the variant's own rule does not look at matches.
    """
    way, current = {}, REFERENCE
    for step in reversed(STEPS):
        if getattr(variant, step) != getattr(REFERENCE, step):
            way[step] = current = replace(current, **{step: getattr(variant, step)})
    return way


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
