"""Runs of the ledger: claims made again and kept, or made again and compared with what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from istdbench.claims.bench import Bench
from istdbench.claims.claim_record import ClaimRecord, save_claim
from istdbench.claims.claimed import Claimed, common_records
from istdbench.errors import AlteredDataError, DataError, IstdbenchError
from istdbench.progress import Track, silent
from istdbench.results import RECORDS, Record, Store
from istdbench.results.record_parts import as_number
from istdbench.runs.verify import TOLERANCE, within


@dataclass(frozen=True)
class Outcome:
    """What became of a claim.

    Attributes:
        measured: what came of it now; None where nothing was run.
        problem: why there is no number, or that it is not the one that is kept; empty where all went well.
        skipped: why nothing was run; empty where something was.
    """

    claimed: Claimed
    measured: ClaimRecord | None = None
    problem: str = ""
    skipped: str = ""


def make(claims: Sequence[Claimed], out: Path, device: str = "cpu", track: Track = silent) -> Iterator[Outcome]:
    """Make claims again, and the records of their weights under the common protocol, and keep both under `out`.

    One that fails is an outcome too, and the others go on.
    """
    store = Store(out / RECORDS)
    for group in _benches(claims):
        left = list(group)
        try:
            bench = Bench(group[0].release, group[0].claim.on.dataset, device, track)
            while left:
                measured = bench.claim(left[0])
                save_claim(measured, out)
                yield Outcome(left.pop(0), measured)
            bench.common(store)
        except IstdbenchError as error:
            yield from _failed(left or group[:1], error)


def check(
    claims: Sequence[Claimed],
    kept: Mapping[str, ClaimRecord],
    records: Sequence[Record],
    seconds: float | None = None,
    device: str = "cpu",
    track: Track = silent,
) -> Iterator[Outcome]:
    """Make claims again whose data and weights are at hand, and compare them with what is kept; nothing is written.

    Args:
        kept: what came of each claim, by its name.
        records: of runs; those of the claims' weights are made again too.
        seconds: of the processor that the claims took when they were kept: the quickest are made again while their sum
            is no more, and the others skipped; None makes all.
    """
    spent = 0.0
    for group in sorted(_benches(claims), key=lambda group: _seconds(group, kept)):
        spent += _seconds(group, kept)
        if any(claimed.name not in kept for claimed in group):
            yield from (Outcome(claimed, skipped="not made yet") for claimed in group)
        elif seconds is not None and spent > seconds:
            yield from (Outcome(claimed, skipped=f"beyond the {seconds:g} s that were given") for claimed in group)
        else:
            yield from _again(group, kept, records, device, track)


def _benches(claims: Sequence[Claimed]) -> list[list[Claimed]]:
    """Claims of the same weights on the same data set, which share their maps."""

    def bench(claimed: Claimed) -> tuple[str, str]:
        return claimed.release.sha256, claimed.claim.on.dataset

    return [list(group) for _, group in groupby(sorted(claims, key=bench), bench)]


def _seconds(group: Sequence[Claimed], kept: Mapping[str, ClaimRecord]) -> float:
    return sum(kept[claimed.name].seconds for claimed in group if claimed.name in kept)


def _again(
    group: Sequence[Claimed], kept: Mapping[str, ClaimRecord], records: Sequence[Record], device: str, track: Track
) -> Iterator[Outcome]:
    release, dataset = group[0].release, group[0].claim.on.dataset
    left = list(group)
    try:
        bench = Bench(release, dataset, device, track)
        while left:
            claimed, now = left[0], bench.score(left[0])
            problem = _moved(kept[claimed.name].values, now.values)
            yield Outcome(left.pop(0), now, problem=f"{claimed.name}: {problem}" if problem else "")
        record = common_records(records).get((release.sha256, dataset))
        if record is not None and (problem := _moved(record.metrics.values, bench.common_values())):
            yield Outcome(group[0], problem=f"{record.path}: {problem}")
    except AlteredDataError as error:
        yield from _failed(left or group[:1], error)
    except DataError as error:
        yield from (Outcome(claimed, skipped=str(error)) for claimed in left or group[:1])
    except IstdbenchError as error:
        yield from _failed(left or group[:1], error)


def _failed(claims: Sequence[Claimed], error: IstdbenchError) -> Iterator[Outcome]:
    return (Outcome(claimed, problem=f"{claimed.name}: {error}") for claimed in claims)


def _moved(then: Mapping[str, float | None], now: Mapping[str, float | None]) -> str:
    """Which values are not what they were, but for what another machine may make."""
    moved = [
        f"{name} {as_number(value):.6g} -> {as_number(now.get(name)):.6g}"
        for name, value in then.items()
        if not within(TOLERANCE, as_number(value), as_number(now.get(name)))
    ]
    return f"not reproduced ({', '.join(moved)})" if moved else ""
