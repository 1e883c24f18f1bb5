"""Records of runs: their schema, where they were made, and the folder they are kept in."""

from istdbench.results.lookup import look_up
from istdbench.results.provenance import Provenance, collect
from istdbench.results.record import (
    BestOnTest,
    DatasetInfo,
    GridInfo,
    MethodInfo,
    MetricsInfo,
    PerImageInfo,
    ProtocolInfo,
    Record,
    WeightsInfo,
    record_key,
)
from istdbench.results.store import RECORDS, Store

__all__ = [
    "RECORDS",
    "BestOnTest",
    "DatasetInfo",
    "GridInfo",
    "MethodInfo",
    "MetricsInfo",
    "PerImageInfo",
    "ProtocolInfo",
    "Provenance",
    "Record",
    "Store",
    "WeightsInfo",
    "collect",
    "look_up",
    "record_key",
]
