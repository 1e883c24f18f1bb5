"""The audit: the same score maps under every variant, and which choice moves which number on which images."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from istdbench.audit.variant import STEPS, Judged, Variant
from istdbench.audit.variants import REFERENCE, VARIANTS
from istdbench.datasets.base import Dataset
from istdbench.engine.evaluate import ScoreOf
from istdbench.errors import DataError
from istdbench.metrics.counts import check_maps


@dataclass(frozen=True)
class Effect:
    """What one choice of a variant does by itself to a metric: the reference with that step replaced, less the reference."""

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
        effects: of each choice in which the two differ, the one that moves the metric most first.
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


def audit(
    score_of: ScoreOf, dataset: Dataset, names: Iterable[str], variants: Sequence[Variant] = VARIANTS
) -> list[Row]:
    """Judge the images of a data set by each variant.

    Raises:
        DataError: an image cannot be read, or its score map does not fit; the message names the image.
    """
    trials = {_steps(one): one for variant in variants for one in (REFERENCE, variant, *_one_step_each(variant))}
    judged: dict[tuple, list[Judged]] = {key: [] for key in trials}
    done = []
    for name in names:
        sample = dataset.load(name)
        score = score_of(name, sample.image)
        try:
            check_maps(score, sample.mask)
        except DataError as error:
            raise DataError(f"{dataset.name}, {name}: {error}") from error
        for key, trial in trials.items():
            judged[key].append(trial.judge(score, sample.mask))
        done.append(name)
    return [_row(variant, judged, done) for variant in variants]


def _row(variant: Variant, judged: Mapping[tuple, Sequence[Judged]], names: Sequence[str]) -> Row:
    before, after = judged[_steps(REFERENCE)], judged[_steps(variant)]
    old, new = REFERENCE.values(before), variant.values(after)
    alone = {
        step: trial.values(judged[_steps(trial)])
        for step, trial in zip(_differing(variant), _one_step_each(variant), strict=True)
    }
    of_one_image = replace(variant, aggregation=REFERENCE.aggregation)
    findings = []
    for metric in (name for name in variant.shows if name in REFERENCE.shows and not _same(old[name], new[name])):
        effects = [
            Effect(STEPS[step], variant.words(step), values[metric] - old[metric]) for step, values in alone.items()
        ]
        images = [
            ImageChange(name, REFERENCE.values([one])[metric], of_one_image.values([other])[metric])
            for name, one, other in zip(names, before, after, strict=True)
        ]
        findings.append(
            Finding(
                metric,
                old[metric],
                new[metric],
                tuple(sorted(effects, key=lambda effect: -abs(effect.change))),
                tuple(sorted((image for image in images if image.size > 0), key=lambda image: -image.size)),
            )
        )
    return Row(variant, {name: new[name] for name in variant.shows}, tuple(findings))


def _steps(variant: Variant) -> tuple:
    """What tells variants apart: their choices, and whether there is an AUC to count."""
    return (*(getattr(variant, step) for step in STEPS), variant.roc)


def _differing(variant: Variant) -> list[str]:
    return [step for step in STEPS if getattr(variant, step) != getattr(REFERENCE, step)]


def _one_step_each(variant: Variant) -> list[Variant]:
    """The reference with one step of the variant, for each step in which they differ."""
    return [replace(REFERENCE, **{step: getattr(variant, step)}) for step in _differing(variant)]


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
