"""The plots of the report; each is one figure of panels side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from istdbench.metrics.analysis import Analysis
from istdbench.metrics.breakdown import BREAKDOWNS
from istdbench.metrics.curves import FA_LIMIT
from istdbench.metrics.metric import Metric
from istdbench.reports import curve_tables, figures
from istdbench.reports.rows import Board

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COSTS = (
    ("parameters", "parameters", "parameters"),
    ("flops", "gmacs", "GMACs"),
    ("latency", "median_ms", "latency, ms"),
)
"""Probe, value and label of each panel of `costs`."""

Analyses = Mapping[str, Analysis]
"""By the method's name, best first."""


def costs(board: Board, entry: Metric) -> Figure:
    """A metric with its interval against parameters, multiply-accumulates and latency; the Pareto front is a line."""
    figure, panels = _panels(3)
    for axes in panels[1:]:
        axes.sharey(panels[0])
    for axes, (probe, value, label) in zip(panels, COSTS, strict=True):
        points = [(_number(row.probe(probe, value)), row.mean(entry.name)) for row in board.rows]
        known = [point for point in points if not any(map(math.isnan, point))]
        positive = [cost for cost, _ in known if cost > 0]
        zero = min(positive, default=1.0) / 5  # a logarithmic axis has no 0; those points stand apart, at its left
        shown = [(cost or zero, score) for cost, score in points]
        front = pareto_front([(cost or zero, score) for cost, score in known], entry.higher_is_better)
        steps = np.array(front).reshape(-1, 2).T
        axes.plot(*steps, label="Pareto front", color="#999999", drawstyle="steps-post", linewidth=1.2, zorder=1)
        for index, (row, method, (cost, score)) in enumerate(zip(board.rows, board.labels, shown, strict=True)):
            ends = row.interval(entry.name)
            spread = None if ends is None else np.abs(np.array(ends) - score)[:, None]
            look = {**figures.look(index), "linestyle": "none", "label": figures.label(method)}
            axes.errorbar(cost, score, spread, capsize=2, elinewidth=0.8, markersize=6, **look)
        if not known:
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center")
        has_zero = len(known) > len(positive)
        _cost_axis(axes, label, positive, zero if has_zero else None)
    panels[0].set_ylabel(figures.label(entry.label))
    _legend(figure, panels[-1])
    return figure


def pareto_front(points: Sequence[tuple[float, float]], higher_is_better: bool = True) -> list[tuple[float, float]]:
    """The points (cost, score) that no other matches at no higher cost, by rising cost.

    >>> pareto_front([(1, 0.2), (2, 0.1), (3, 0.5), (3, 0.4)])
    [(1, 0.2), (3, 0.5)]
    """
    sign = 1 if higher_is_better else -1
    front: list[tuple[float, float]] = []
    for cost, score in sorted(points, key=lambda point: (point[0], -sign * point[1])):
        if not front or sign * score > sign * front[-1][1]:
            front.append((cost, score))
    return front


def curves(analyses: Analyses, threshold: float) -> Figure:
    """Pd against Fa, ROC and precision-recall; a mark at the threshold, where the metrics are taken."""
    figure, panels = _panels(3)
    pd_fa, roc, precision_recall = panels
    left = min((0.5 / len(each.curves.detection().scores) for each in analyses.values()), default=1e-7)
    for index, (method, analysis) in enumerate(analyses.items()):
        look = figures.look(index)
        line = {"color": look["color"], "linestyle": look["linestyle"], "label": figures.label(method)}
        dot = {"color": look["color"], "marker": look["marker"], "markersize": 6, "linestyle": "none"}
        curve, pixels, at = analysis.curves.detection(), analysis.curves.pixels(), np.array([threshold])
        points = curve_tables.detection_points(analysis.curves)
        fa, pd = (np.append(points[name], end) for name, end in (("Fa", 1.0), ("Pd", points["Pd"].iloc[-1])))
        pd_fa.plot(np.maximum(fa, left), pd, drawstyle="steps-post", **line)
        detected, false_pixels = curve.at(at)
        pd_fa.plot(np.maximum(curve.fa(false_pixels), left), curve.pd(detected), **dot)
        false, true = pixels.roc()
        true_at, false_at = pixels.at(at)
        positives, negatives = len(pixels.positives), len(pixels.scores) - len(pixels.positives)
        roc.plot(np.maximum(false, left), true, **line)
        roc.plot(np.maximum(false_at / max(negatives, 1), left), true_at / max(positives, 1), **dot)
        precision, recall = pixels.precision_recall()
        precision_recall.plot(recall, precision, **line)
        if true_at + false_at:
            precision_recall.plot(true_at / max(positives, 1), true_at / (true_at + false_at), **dot)
    pd_fa.axvline(FA_LIMIT, color="#999999", linestyle=":", linewidth=1)
    pd_fa.set(title="Targets: largest Pd within Fa", xscale="log", xlabel="Fa", ylabel="Pd", xlim=(left, 1e-2))
    roc.set(
        title="Pixels: ROC", xscale="log", xlabel="false positive rate", ylabel="true positive rate", xlim=(left, 1)
    )
    precision_recall.set(title="Pixels: precision and recall", xlabel="recall", ylabel="precision", xlim=(0, 1.03))
    for axes in panels:
        axes.set_ylim(-0.03, 1.03)
    _legend(figure, precision_recall)
    return figure


def breakdowns(analyses: Analyses, column: str = "Pd") -> Figure:
    """Pd with its Wilson interval, or the mean IoU of targets, in each bin; how many targets it has is below it."""
    figure, panels = _panels(len(BREAKDOWNS), widths=[len(by.labels) + 1 for by in BREAKDOWNS])
    for axes, by in zip(panels, BREAKDOWNS, strict=True):
        found = [curve_tables.breakdown(analysis, by) for analysis in analyses.values()]
        used = [table[table["targets"] > 0] for table in found]  # the same bins: the masks are the same
        for index, (method, bins) in enumerate(zip(analyses, used, strict=True)):
            shift = (index - (len(found) - 1) / 2) * min(0.18, 0.7 / len(found))
            spread = (
                np.abs(bins[["Pd_low", "Pd_high"]].to_numpy().T - bins["Pd"].to_numpy()) if column == "Pd" else None
            )
            look = {**figures.look(index), "linestyle": "none", "label": figures.label(method)}
            place = np.arange(len(bins)) + shift
            axes.errorbar(
                place,
                bins[column],
                spread,
                capsize=2,
                elinewidth=0.9,
                markersize=5,
                **look,
            )
        labels = (label.replace(" and more", "+") for label in used[0][by.name])
        numbers = (f"{label}\nn={n}" for label, n in zip(labels, used[0]["targets"], strict=True))
        axes.set_xticks(np.arange(len(used[0])), list(numbers))
        axes.set(title=by.title, ylim=(-0.03, 1.03), xlim=(-0.6, len(used[0]) - 0.4))
        axes.grid(visible=False, axis="x")
    panels[0].set_ylabel(column)
    _legend(figure, panels[-1])
    return figure


def _cost_axis(axes: Axes, label: str, costs: Sequence[float], zero: float | None) -> None:
    """A logarithmic axis with plain numbers; where a place stands for 0, it is split off and labelled so."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

    first, last = min(costs, default=1.0), max(costs, default=1.0)
    axes.set(xscale="log", xlabel=label, xlim=((zero or first) / 1.8, last * 1.8))
    axes.xaxis.set_minor_locator(NullLocator())
    steps = LogLocator(subs=(1, 2, 5) if last / first < 100 else (1,)).tick_values(first / 1.8, last * 1.8)
    ticks = [tick for tick in steps if first / 1.8 <= tick <= last * 1.8]
    plain = EngFormatter(sep=" ")
    axes.set_xticks([*([zero] if zero else []), *ticks], [*(["0"] if zero else []), *map(plain, ticks)])
    if zero:
        axes.axvline(zero * 2, color="#bbbbbb", linestyle=":", linewidth=1)


def _panels(count: int, widths: Sequence[float] | None = None) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.1), layout="constrained")
    return figure, list(figure.subplots(1, count, width_ratios=widths))


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=min(len(labels), 6), handlelength=2.4)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
