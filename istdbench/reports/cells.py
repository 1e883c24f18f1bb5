"""Numbers as text: digits, signs and headings that every leaderboard view shares."""

from __future__ import annotations

import math
import re

from istdbench.metrics.spec import MetricEntry
from istdbench.reports.rows import Row
from istdbench.results.record import ProbeValue
from istdbench.statistics import Interval

NONE = "–"
MOST_WAITED = 0.1
"""Share of its time that a latency probe may have waited for a core."""
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def heading(entry: MetricEntry) -> str:
    """Label, unit and the direction of better: `Fa ×10⁻⁶ ↓`."""
    power = re.fullmatch(r"1e(-?\d+)", entry.unit)
    unit = f"×10{power[1].translate(SUPERSCRIPT)}" if power else entry.unit
    return " ".join(filter(None, (entry.label, unit, "↑" if entry.higher_is_better else "↓")))


def metric(entry: MetricEntry, value: float) -> str:
    """A metric with the digits that papers print: four places of a fraction, three of a scaled one."""
    return NONE if math.isnan(value) else f"{value * entry.scale:.{4 if entry.scale == 1 else 3}f}"


def signed(entry: MetricEntry, value: float) -> str:
    """A difference of a metric, `+0.0416`, in the unit of tables."""
    text = metric(entry, value)
    return f"+{text}" if value > 0 else text


def mean_and_deviation(entry: MetricEntry, row: Row) -> str:
    """`0.7340`, or `0.7340 ± 0.0021` over several seeds."""
    mean, deviation = metric(entry, row.mean(entry.name)), row.deviation(entry.name)
    return mean if deviation is None else f"{mean} ± {metric(entry, deviation)}"


def interval(entry: MetricEntry, row: Row) -> str:
    """`[0.6980, 0.7612]`, the 95 % interval over images; nothing where there is none."""
    return ends(entry, row.interval(entry.name))


def ends(entry: MetricEntry, interval: Interval | None) -> str:
    """An interval with the digits of its metric; nothing where there is none."""
    return f"[{', '.join(metric(entry, end) for end in interval)}]" if interval else ""


def best_on_test(row: Row) -> str:
    """IoU at the threshold best on test, a dash where it was not asked for."""
    return NONE if row.best_on_test is None else f"{row.best_on_test:.4f}"


def group(number: int | None) -> str:
    """The number of a group of rows, a dash where there is none."""
    return NONE if number is None else str(number)


def parameters(row: Row) -> str:
    """Parameters, every digit: `1,678,809`."""
    return _number(row.probe("parameters", "parameters"), ",.0f")


def millions(row: Row) -> str:
    """Parameters, rounded: `1.68 M`; `0` where there are none."""
    count = row.probe("parameters", "parameters")
    return f"{count / 1e6:.2f} M" if isinstance(count, int | float) and count else parameters(row)


def gmacs(row: Row) -> str:
    """Multiply-accumulates in units of 1e9."""
    return _number(row.probe("flops", "gmacs"), ".3f")


def latency(row: Row) -> str:
    """Median of a single image in ms."""
    return _number(row.probe("latency", "median_ms"), ".1f")


def machine(row: Row) -> str:
    """What a latency was measured on: image size, device, threads, and whether the machine was busy."""
    device, threads, size = (row.probe("latency", name) for name in ("device", "threads", "size"))
    known = ((f"{size}", size), (f"{device}", device), (f"{threads} threads", threads))
    busy = disturbed(row.probe("latency", "waited_share"))
    return ", ".join(filter(None, [*(text for text, value in known if value), busy]))


def disturbed(waited_share: ProbeValue | None) -> str:
    """That a latency is too high, where the probe waited for a core for more than `MOST_WAITED` of its time."""
    if not isinstance(waited_share, int | float) or waited_share <= MOST_WAITED:
        return ""
    return f"too high, since other processes had its core for {waited_share:.0%} of the time"


def epochs(row: Row) -> str:
    """Epochs of training, a dash for what is not trained."""
    return NONE if row.epochs is None else str(row.epochs)


def _number(value: ProbeValue | None, form: str) -> str:
    return format(value, form) if isinstance(value, int | float) else NONE
