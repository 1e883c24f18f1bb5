"""Numbers as text: digits, signs and headings that every leaderboard view shares."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from istdbench.metrics.metric import Metric
from istdbench.reports.rows import Row
from istdbench.results.record_parts import ProbeValue
from istdbench.statistics import Interval

NONE = "–"
FAILED = "failed"
"""In the place of a value, where the metric raised; the row's note says what."""
MOST_WAITED = 0.1
"""Share of its time that a latency probe may have waited for a core."""
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def heading(entry: Metric) -> str:
    """Label, unit and the direction of better: `Fa ×10⁻⁶ ↓`."""
    power = re.fullmatch(r"1e(-?\d+)", entry.unit)
    unit = f"×10{power[1].translate(SUPERSCRIPT)}" if power else entry.unit
    return " ".join(filter(None, (entry.label, unit, "↑" if entry.higher_is_better else "↓")))


def metric(entry: Metric, value: float) -> str:
    """A metric with the digits that papers print: four places of a fraction, three of a scaled one."""
    return NONE if math.isnan(value) else f"{value * entry.scale:.{4 if entry.scale == 1 else 3}f}"


def signed(entry: Metric, value: float) -> str:
    """A difference of a metric, `+0.0416`, in the unit of tables."""
    text = metric(entry, value)
    return f"+{text}" if value > 0 else text


def mean_and_deviation(entry: Metric, row: Row) -> str:
    """`0.7340`, or `0.7340 ± 0.0021` over several seeds; that the metric itself failed, where it did."""
    if row.has_failed(entry.name):
        return FAILED
    mean, deviation = metric(entry, row.mean(entry.name)), row.deviation(entry.name)
    return mean if deviation is None else f"{mean} ± {metric(entry, deviation)}"


def ranks(entry: Metric, rows: Sequence[Row]) -> list[int | None]:
    """The rank of each row by a metric, 0 for the best; equal as shown is equal in rank, undefined has none."""
    shown = [metric(entry, row.mean(entry.name)) for row in rows]
    order = sorted({float(text) for text in shown if text != NONE}, reverse=entry.higher_is_better)
    return [None if text == NONE else order.index(float(text)) for text in shown]


def interval(entry: Metric, row: Row) -> str:
    """`[0.6980, 0.7612]`, the 95 % interval over images; nothing where there is none."""
    return ends(entry, row.interval(entry.name))


def ends(entry: Metric, interval: Interval | None) -> str:
    """An interval with the digits of its metric; nothing where there is none."""
    return f"[{', '.join(metric(entry, end) for end in interval)}]" if interval else ""


def number(value: ProbeValue | None, form: str, mark: str = "") -> str:
    """A number with a mark behind it, a dash where there is none."""
    return format(value, form) + mark if isinstance(value, int | float) else NONE


def parameters(row: Row) -> str:
    """Parameters, every digit: `1,678,809`."""
    return number(row.probe("parameters", "parameters"), ",.0f")


def millions(row: Row) -> str:
    """Parameters, rounded: `1.68 M`; `0` where there are none."""
    count = row.probe("parameters", "parameters")
    return f"{count / 1e6:.2f} M" if isinstance(count, int | float) and count else parameters(row)


def gmacs(row: Row) -> str:
    """Multiply-accumulates in units of 1e9."""
    return number(row.probe("flops", "gmacs"), ".3f")


def latency(row: Row) -> str:
    """Median of a single image in ms."""
    return number(row.probe("latency", "median_ms"), ".1f")


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
    return number(row.epochs, "d")
