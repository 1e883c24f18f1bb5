"""The library's front door. What it calls is imported when it is called, so that `import istdbench` stays quick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from istdbench.registry import build_dataset
from istdbench.spec import parse_spec, parse_specs

if TYPE_CHECKING:
    from istdbench.engine.run import Outcome


def run(
    methods: str, dataset: str, *, protocol: str | None = None, seeds: Sequence[int] = (0,), **settings: Any
) -> list[Outcome]:
    """Run methods on data sets, write records and leaderboards; what `istdbench run` does.

    Args:
        methods: names, comma-separated, as on the command line.
        dataset: likewise.
        protocol: a protocol's name or file; None takes each data set's default.
        seeds: one run for each.
        settings: fields of `istdbench.engine.run.Settings`, such as `out`, `train`, `device`.

    Raises:
        UsageError: an unknown name or option. A run that fails is an `Outcome` with its error instead.
    """
    from istdbench.engine import run as engine

    chosen = engine.Settings(**settings)
    outcomes = list(engine.run(parse_specs(methods), parse_specs(dataset), protocol, seeds, chosen))
    engine.write_reports(chosen.out)
    return outcomes


def evaluate(
    score_of: Callable[[str, np.ndarray], np.ndarray],
    dataset: str,
    *,
    split: str | None = None,
    part: str = "test",
    threshold: float = 0.5,
) -> dict[str, float]:
    """Every metric of any detector on a part of a data set.

    Args:
        score_of: maps an image's name and its gray image (H, W), float32 in 0..255, to a score map (H, W) in [0, 1].
        dataset: name, as on the command line.
        split: named split; None takes the data set's default.
        threshold: a target is where the score is greater than this.

    Returns:
        Values by metric name; NaN where one is undefined.

    Raises:
        UsageError: an unknown data set, split or part.
        DataError: the data are not there, or a score map does not fit its image.
    """
    from istdbench.engine.evaluate import count_images, metric_values

    data = build_dataset(parse_spec(dataset))
    names = data.names(split or data.default_split, part)
    return metric_values(count_images(score_of, data, names, threshold))


def score(folder: str | Path, dataset: str, *, split: str | None = None, part: str = "test") -> dict[str, float]:
    """As `evaluate`, for a folder of score maps NAME.npy or NAME.png that anything may have written."""
    from istdbench.engine.maps import stored_maps

    data = build_dataset(parse_spec(dataset))
    names = data.names(split or data.default_split, part)
    return evaluate(stored_maps(Path(folder), names), dataset, split=split, part=part)
