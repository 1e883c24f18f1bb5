"""What the rows of a board cost: parameters and multiply-accumulates as recorded with them, latency of one machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from istdbench.reports.html.plots import COSTS
from istdbench.reports.papers import PUBLISHED_SIZE
from istdbench.reports.rows import Row
from istdbench.results.cost import CostRecord
from istdbench.spec import Scalar, parse_spec


@dataclass(frozen=True)
class CostsOfRows:
    """One cost.

    Attributes:
        values: one a row; None where it was not measured.
        measured: where, as a sentence; "" where that does not matter.
    """

    label: str
    values: list[float | None]
    measured: str = ""


def costs_of_rows(rows: Sequence[Row], records: Sequence[CostRecord]) -> list[CostsOfRows]:
    """Parameters, multiply-accumulates and latency.

    Latencies of the rows' own records are of different hours and machines. So those of the cost records of one machine
    are taken, the one with the most records of the common size.
    """
    *counted, (timed, median, label) = COSTS
    found = [CostsOfRows(name, [_number(row.probe(probe, value)) for row in rows]) for probe, value, name in counted]
    comparable = _of_one_machine(records)
    if comparable:
        latencies = {
            _key(parse_spec(record.method).name, record.options): _number(record.value(timed, median))
            for record in comparable
        }
        methods = [row.newest.method for row in rows]
        values = [latencies.get(_key(method.spec.name, method.options)) for method in methods]
        found.append(CostsOfRows(label, values, f"Measured on {_conditions(comparable[0])}."))
    return found


def _of_one_machine(records: Sequence[CostRecord]) -> list[CostRecord]:
    by_machine: dict[str, list[CostRecord]] = defaultdict(list)
    for record in records:
        if record.size == PUBLISHED_SIZE:
            by_machine[_conditions(record)].append(record)
    return max(by_machine.values(), key=len, default=[])


def _conditions(record: CostRecord) -> str:
    made = record.provenance
    return f"{made.gpu or made.cpu}, {made.threads} threads, one image of {record.size[0]} × {record.size[1]}"


def _key(method: str, options: Mapping[str, Scalar]) -> tuple[str, frozenset[tuple[str, Scalar]]]:
    """What is the same of a row and of a cost record of the same method."""
    return method, frozenset(options.items())


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
