"""Fig. 1 (a, b): latency and peak memory of one image against its side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from istdbench.probes.sizes import SIZES, SizePoint, measure_sizes
from istdbench.progress import Track, silent
from istdbench.registry import METHODS
from istdbench.reports.sizes_plot import plot
from istdbench.spec import Spec

CAPTION = (
    "Fig. 1 of MiM-ISTD shows this for one GPU, beside DNANet, ISNet and TCI-Former: 8 times as fast as TCI-Former at "
    "2048 x 2048 with 62.2 % less memory (IEEE TGRS 2024; 10 times and 73.4 % in the first arXiv version). Its numbers "
    "are not printed."
)


def fig1(
    methods: Sequence[Spec],
    folder: Path,
    sizes: Sequence[int] = SIZES,
    device: str = "cpu",
    track: Track = silent,
) -> tuple[list[Path], list[SizePoint]]:
    """Measure, and draw `<folder>/fig1.png` and `.svg`.

    Returns:
        The files, and every point with what went wrong at it.

    Raises:
        UsageError: an unknown method or option.
        IstdbenchError: a file could not be written.
    """
    chosen = [(spec, METHODS.get(spec.name)) for spec in methods]
    prepared = [(spec, method, method.resolve(spec.options)) for spec, method in chosen]
    points: list[SizePoint] = []
    for spec, method, options in prepared:
        points += track(measure_sizes(method, options, sizes, device), f"fig1: {spec}")
    paths = [folder / f"fig1.{form}" for form in ("png", "svg")]
    for path in paths:
        plot(points, path)
    return paths, points
