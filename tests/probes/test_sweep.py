"""Latency and memory over sizes: a failure at one size is a point too."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import tiny

from istdbench.errors import UsageError
from istdbench.probes import sweep as sweep_module
from istdbench.probes.spec import Measured, Probe, ProbeError
from istdbench.probes.sweep import SIZES, SweepPoint, plot, sweep


@pytest.fixture(autouse=True)
def measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose memory ends between 512 and 1024 pixels."""

    def run_probe(probe: Probe, method: Any, options: Any, size: tuple[int, int], *rest: Any) -> Measured:
        if probe.name == "memory" and size[0] > 512:
            raise ProbeError(f"no memory at {size[0]}")
        if probe.name == "memory":
            return {"growth_mib": size[0] * size[1] / 1e4}
        return {"median_ms": size[0] / 10, "device": "Model T", "threads": 2}

    monkeypatch.setattr(sweep_module, "run_probe", run_probe)


def test_a_failure_at_one_size_keeps_the_others() -> None:
    points = list(sweep(tiny.LEARNED, {}))
    assert [point.size for point in points] == list(SIZES)
    assert [point.latency is not None for point in points] == [True] * 4
    assert [point.memory is not None for point in points] == [True, True, False, False]
    assert [point.errors for point in points] == [(), (), ("no memory at 1024",), ("no memory at 2048",)]


def test_the_first_point_is_there_before_the_second_is_measured() -> None:
    assert next(sweep(tiny.LEARNED, {}, sizes=(64, 10**9))).size == 64


def test_a_point_is_named_with_the_options_that_are_not_defaults() -> None:
    [plain] = sweep(tiny.LEARNED, {"width": 4}, sizes=(64,))
    [wide] = sweep(tiny.LEARNED, {"width": 8}, sizes=(64,))
    assert (plain.method, wide.method) == ("tiny", "tiny:width=8")


def points() -> list[SweepPoint]:
    return [*sweep(tiny.LEARNED, {}), *sweep(tiny.CLASSICAL, {}, sizes=(256, 512))]


def test_a_plot_names_methods_sizes_device_and_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("matplotlib").rcParams, "svg.fonttype", "none")  # text stays text
    plot(points(), tmp_path / "sweep.svg")
    texts = {node.text for node in ElementTree.parse(tmp_path / "sweep.svg").iter() if node.text}
    assert {"tiny", "above_mean", "256", "2048", "Model T, 2 threads, batch 1"} <= texts
    assert {"latency, median, ms", "peak memory growth, MiB", "image side, pixels (×: failed)"} <= texts


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_points_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    for name in "ab":
        plot(points(), tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_a_method_that_failed_everywhere_can_be_drawn(tmp_path: Path) -> None:
    plot([SweepPoint("big", 256, None, None, ("no",))], tmp_path / "sweep.png")
    assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_another_file_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        plot(points(), tmp_path / "sweep.docx")
