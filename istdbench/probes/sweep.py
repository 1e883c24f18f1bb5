"""Latency and memory over image sizes, and their plot: what the MiM-ISTD paper's Figure 1 shows for one GPU."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from istdbench.errors import UsageError
from istdbench.files import atomic_write
from istdbench.methods.spec import Method
from istdbench.probes.latency import LATENCY
from istdbench.probes.memory import MEMORY
from istdbench.probes.runner import run_probe
from istdbench.probes.spec import Measured, ProbeError
from istdbench.spec import Scalar, Spec

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZES = (256, 512, 1024, 2048)


@dataclass(frozen=True)
class SweepPoint:
    """One method at one size.

    Attributes:
        method: its name with the options that are not defaults.
        size: side of the square image in pixels.
        latency, memory: what the probes measured; None where they failed.
        errors: why, one message a failed probe.
    """

    method: str
    size: int
    latency: Measured | None
    memory: Measured | None
    errors: tuple[str, ...] = ()


def sweep(
    method: Method,
    options: Mapping[str, Scalar],
    sizes: Sequence[int] = SIZES,
    device: str = "cpu",
    timeout: float = 600.0,
) -> Iterator[SweepPoint]:
    """Measure size after size, each point as soon as it is there; a size that fails does not stop the next."""
    label = str(method.shortest(Spec(method.name, options=options)))
    for size in sizes:
        found: dict[str, Measured] = {}
        errors: list[str] = []
        for probe in (LATENCY, MEMORY):
            try:
                found[probe.name] = run_probe(probe, method, options, (size, size), device, timeout)
            except ProbeError as error:
                errors.append(str(error))
        yield SweepPoint(label, size, found.get(LATENCY.name), found.get(MEMORY.name), tuple(errors))


def plot(points: Sequence[SweepPoint], path: Path) -> None:
    """Draw latency and memory against size, a line a method, into a PNG or SVG file (by `path`'s ending).

    Raises:
        UsageError: another ending.
        IstdbenchError: the file could not be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    form = path.suffix.lower().lstrip(".")
    if form not in ("png", "svg"):
        raise UsageError(f"{path}: a plot ends in .png or .svg")
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw(left, _values(points, lambda point: point.latency, "median_ms"), "latency, median, ms")
    _draw(right, _values(points, lambda point: point.memory, "growth_mib"), "peak memory growth, MiB")
    left.legend(frameon=False)
    figure.suptitle(_conditions(points), fontsize=9)
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "istdbench"}):  # the same points give the same bytes
        figure.savefig(buffer, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    atomic_write(path, buffer.getvalue())


def _draw(axes: Axes, values: Mapping[str, Mapping[int, float | None]], label: str) -> None:
    """One panel: method to size to value, None where the probe failed."""
    sizes = sorted({size for by_size in values.values() for size in by_size})
    for method, by_size in values.items():
        measured = {size: value for size, value in by_size.items() if value is not None}
        [line] = axes.plot(list(measured), list(measured.values()), marker="o", label=method)
        for size in by_size.keys() - measured.keys():  # a cross at the top of the panel, where it cannot be a number
            axes.plot(size, 0.97, "x", color=line.get_color(), transform=axes.get_xaxis_transform())
    if any(value for by_size in values.values() for value in by_size.values()):
        axes.set_yscale("log")
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.margins(y=0.12)
    axes.grid(alpha=0.3)
    failed = any(value is None for by_size in values.values() for value in by_size.values())
    axes.set(xlabel="image side, pixels" + (" (×: failed)" if failed else ""), ylabel=label)


def _values(
    points: Sequence[SweepPoint], part: Callable[[SweepPoint], Measured | None], key: str
) -> dict[str, dict[int, float | None]]:
    values: dict[str, dict[int, float | None]] = {}
    for point in points:
        found = part(point)
        values.setdefault(point.method, {})[point.size] = None if found is None else float(found[key])
    return values


def _conditions(points: Sequence[SweepPoint]) -> str:
    """Device and threads, each machine once."""
    found = [point.latency for point in points if point.latency is not None]
    return "; ".join(dict.fromkeys(f"{one['device']}, {one['threads']} threads, batch 1" for one in found))
