"""Counts over sorted runs against one sorted array."""

from __future__ import annotations

import numpy as np
import pytest

from istdbench.errors import UsageError
from istdbench.metrics import sorted_scores
from istdbench.metrics.sorted_scores import SortedScores


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("run", [1, 7, 64, 1 << 20])
def test_counts_are_those_of_one_sorted_array_however_long_a_run_is(dtype, run, monkeypatch):
    monkeypatch.setattr(sorted_scores, "RUN", run)
    rng = np.random.default_rng(run)
    scores, kept = SortedScores(), np.empty(0, dtype)
    for side in (3, 5, 1, 8, 2):
        image = (np.floor(rng.random((side, side)) * 20) / 20).astype(dtype)
        scores.add(image)
        kept = np.sort(np.append(kept, image))
        thresholds = np.concatenate([[-np.inf, 0.0, 0.123, 1.0, np.inf], kept.astype(np.float64)])
        lower = [kept[kept < t] for t in thresholds]
        assert scores.above(thresholds).tolist() == [(kept > t).sum() for t in thresholds]
        assert scores.at_least(thresholds).tolist() == [(kept >= t).sum() for t in thresholds]
        assert scores.before(thresholds).tolist() == [each.max() if each.size else -np.inf for each in lower]
        assert scores.before(thresholds).dtype == dtype and len(scores) == len(kept)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_nothing_lies_before_the_lowest_score_of_maps_that_are_no_floats(dtype):
    scores = SortedScores()
    scores.add(np.array([[0, 1], [1, 0]], dtype=dtype))
    assert scores.before(np.array([0.0, 0.5, 1.0, np.inf])).tolist() == [-np.inf, 0.0, 0.0, 1.0]


def test_full_runs_leave_the_memory(monkeypatch):
    monkeypatch.setattr(sorted_scores, "RUN", 10)
    scores = SortedScores()
    for _ in range(5):
        scores.add(np.linspace(0, 1, 6))
    assert [type(run) for run in scores._runs] == [np.memmap, np.memmap]
    assert sum(map(len, scores._new)) == 6


def test_a_folder_without_room_is_named(monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sorted_scores, "RUN", 10)
    monkeypatch.setattr(sorted_scores.tempfile, "TemporaryFile", full)
    with pytest.raises(UsageError, match="No space left on device.*TMPDIR"):
        SortedScores().add(np.zeros(10))
