"""How far a number can be trusted: intervals and paired tests, as pure functions of per-image counts."""

from istdbench.statistics.clusters import summed
from istdbench.statistics.groups import groups
from istdbench.statistics.intervals import Interval, interval, intervals
from istdbench.statistics.multiple import holm
from istdbench.statistics.paired import Paired, paired
from istdbench.statistics.tables import aligned, count_table
from istdbench.statistics.wilson import wilson

__all__ = [
    "Interval",
    "Paired",
    "aligned",
    "count_table",
    "groups",
    "holm",
    "interval",
    "intervals",
    "paired",
    "summed",
    "wilson",
]
