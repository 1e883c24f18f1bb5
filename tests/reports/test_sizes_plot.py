"""The plot of latency and memory over sizes: what it names, and that a failed probe can be drawn."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from istdbench.errors import UsageError
from istdbench.probes.sizes import SizePoint
from istdbench.reports.sizes_plot import plot


def point(method: str, size: int, memory: float | None) -> SizePoint:
    return SizePoint(
        method,
        size,
        {"median_ms": size / 10, "device": "Model T", "threads": 2},
        None if memory is None else {"growth_mib": memory},
    )


POINTS = [
    *(point("one", 256, 6.5), point("one", 512, 26.0), point("one", 2048, None)),
    *(point("other", 256, 1.0), point("other", 512, 4.0)),
]


def test_a_plot_names_methods_sizes_device_and_units(tmp_path: Path) -> None:
    plot(POINTS, tmp_path / "sizes.svg")
    texts = {node.text for node in ElementTree.parse(tmp_path / "sizes.svg").iter() if node.text}
    assert {"one", "other", "256", "2048", "Model T, 2 threads, batch 1"} <= texts
    assert {"latency, median, ms", "peak memory growth, MiB", "image side, pixels (×: failed)"} <= texts


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_same_points_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    written = []
    for folder in "ab":
        plot(POINTS, tmp_path / folder / f"sizes.{ending}")
        written.append((tmp_path / folder / f"sizes.{ending}").read_bytes())
    assert written[0] == written[1]


def test_a_method_that_failed_everywhere_can_be_drawn(tmp_path: Path) -> None:
    plot([SizePoint("big", 256, None, None, ("no",))], tmp_path / "sizes.png")
    assert (tmp_path / "sizes.png").read_bytes().startswith(b"\x89PNG")


def test_another_file_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.png or \.svg"):
        plot(POINTS, tmp_path / "sizes.docx")
