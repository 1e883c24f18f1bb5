"""Latency and memory over image sizes drawn: what the MiM-ISTD paper's Figure 1 shows for one GPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from istdbench.reports import figures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from istdbench.probes.probe import Measured
    from istdbench.probes.sizes import SizePoint

Values = Mapping[str, Mapping[int, float | None]]
"""Method to size to value, None where the probe failed."""


def plot(points: Sequence[SizePoint], path: Path) -> None:
    """Draw latency and memory against size, a line a method, into a PNG or SVG file (by `path`'s ending).

    Raises:
        UsageError: another ending.
        IstdbenchError: the file could not be written.
    """
    from matplotlib.figure import Figure

    with figures.style():
        figure = Figure(figsize=(9, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw(left, _values(points, lambda point: point.latency, "median_ms"), "latency, median, ms")
        _draw(right, _values(points, lambda point: point.memory, "growth_mib"), "peak memory growth, MiB")
        left.legend()
        figure.suptitle(figures.label(_conditions(points)), fontsize=9)
        figures.write(figure, path)


def _draw(axes: Axes, values: Values, label: str) -> None:
    """One panel."""
    sizes = sorted({size for by_size in values.values() for size in by_size})
    for index, (method, by_size) in enumerate(values.items()):
        look = figures.look(index)
        measured = {size: value for size, value in by_size.items() if value is not None}
        axes.plot(list(measured), list(measured.values()), label=figures.label(method), **look)
        for size in by_size.keys() - measured.keys():  # a cross at the top of the panel, where it cannot be a number
            axes.plot(size, 0.97, "x", color=look["color"], transform=axes.get_xaxis_transform())
    if any(value for by_size in values.values() for value in by_size.values()):
        axes.set_yscale("log")
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.margins(y=0.12)
    failed = any(value is None for by_size in values.values() for value in by_size.values())
    axes.set(xlabel="image side, pixels" + (" (×: failed)" if failed else ""), ylabel=label)


def _values(points: Sequence[SizePoint], part: Callable[[SizePoint], Measured | None], key: str) -> Values:
    values: dict[str, dict[int, float | None]] = {}
    for point in points:
        found = part(point)
        values.setdefault(point.method, {})[point.size] = None if found is None else float(found[key])
    return values


def _conditions(points: Sequence[SizePoint]) -> str:
    """Device and threads, each machine once."""
    found = [point.latency for point in points if point.latency is not None]
    return "; ".join(dict.fromkeys(f"{one['device']}, {one['threads']} threads, batch 1" for one in found))
