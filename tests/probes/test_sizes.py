"""Latency and memory over sizes: a failure at one size is a point too."""

from __future__ import annotations

from typing import Any

import pytest
import tiny

from istdbench.probes import sizes
from istdbench.probes.probe import Measured, Probe, ProbeError
from istdbench.probes.sizes import SIZES, measure_sizes


@pytest.fixture(autouse=True)
def measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose memory ends between 512 and 1024 pixels."""

    def run_probe(probe: Probe, method: Any, options: Any, size: tuple[int, int], *rest: Any) -> Measured:
        if probe.name == "memory" and size[0] > 512:
            raise ProbeError(f"no memory at {size[0]}")
        if probe.name == "memory":
            return {"growth_mib": size[0] * size[1] / 1e4}
        return {"median_ms": size[0] / 10, "device": "Model T", "threads": 2}

    monkeypatch.setattr(sizes, "run_probe", run_probe)


def test_a_failure_at_one_size_keeps_the_others() -> None:
    points = list(measure_sizes(tiny.LEARNED, {}))
    assert [point.size for point in points] == list(SIZES)
    assert [point.latency is not None for point in points] == [True] * 4
    assert [point.memory is not None for point in points] == [True, True, False, False]
    assert [point.errors for point in points] == [(), (), ("no memory at 1024",), ("no memory at 2048",)]


def test_the_first_point_is_there_before_the_second_is_measured() -> None:
    assert next(measure_sizes(tiny.LEARNED, {}, sizes=(64, 10**9))).size == 64


def test_a_point_is_named_with_the_options_that_are_not_defaults() -> None:
    [plain] = measure_sizes(tiny.LEARNED, {"width": 4}, sizes=(64,))
    [wide] = measure_sizes(tiny.LEARNED, {"width": 8}, sizes=(64,))
    assert (plain.method, wide.method) == ("tiny", "tiny:width=8")
