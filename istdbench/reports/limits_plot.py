"""Detection limits drawn: Pd against contrast, a panel a target size."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from istdbench.reports import figures
from istdbench.results.limit_point import LimitPoint
from istdbench.statistics import wilson


def plot(points: Sequence[LimitPoint], fa: float, path: Path) -> None:
    """Draw into a PNG or SVG file; bars are 95 % Wilson intervals.

    Raises:
        UsageError: another ending.
        IstdbenchError: the file could not be written.
    """
    from matplotlib.figure import Figure

    sigmas, methods = (list(dict.fromkeys(getattr(point, name) for point in points)) for name in ("sigma", "method"))
    with figures.style():
        figure = Figure(figsize=(max(3.2, 3 * len(sigmas)), 3), layout="constrained")
        panels = figure.subplots(1, len(sigmas), sharey=True, squeeze=False)[0]
        for axes, sigma in zip(panels, sigmas, strict=True):
            for index, method in enumerate(methods):
                chosen = [point for point in points if (point.sigma, point.method) == (sigma, method)]
                ends = np.array([wilson(point.detected, point.targets) or (np.nan, np.nan) for point in chosen])
                pd = np.array([point.pd for point in chosen])
                spread = np.abs(ends.T - pd)
                scr, look = [point.scr for point in chosen], figures.look(index)
                axes.errorbar(scr, pd, spread, label=figures.label(method), capsize=2, elinewidth=0.8, **look)
            axes.set(title=f"spot's σ {sigma:g} px", xlabel="SCR (peak)", ylim=(-0.03, 1.03))
        panels[0].set_ylabel(f"Pd at Fa {fa:g}")
        panels[0].legend()
        figures.write(figure, path)
