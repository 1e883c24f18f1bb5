"""Whether leaderboards, records and the zoo are what the code makes: one sentence for each thing that is not."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from istdbench.claims.claim_record import CLAIMS, examine_claims
from istdbench.claims.claimed import ledger
from istdbench.claims.ledger_page import page
from istdbench.committed.entry import RECORD, Entry, entries, sound_entries
from istdbench.committed.pages import INDEX, pages, sources
from istdbench.errors import AlteredDataError, DataError, IstdbenchError
from istdbench.files import is_leftover
from istdbench.importing.released_weights import released_weights
from istdbench.jobs import zoo_files
from istdbench.jobs.job import make_job
from istdbench.jobs.weights import zoo_path
from istdbench.jobs.zoo_files import CHECKSUMS, LARGEST
from istdbench.progress import Track, silent
from istdbench.registry import METRICS, build_dataset
from istdbench.reports.efficiency import efficiency
from istdbench.reports.leaderboard import leaderboard
from istdbench.reports.sealed_page import sealed_page
from istdbench.results import RECORDS, Record, Store
from istdbench.results.agreement import disagreeing
from istdbench.results.cost import COSTS, examine_costs
from istdbench.results.sealed_record import SEALED, examine_sealed
from istdbench.runs.consistency import recorded_counts
from istdbench.runs.from_record import recorded_maps, recorded_release
from istdbench.runs.verify import verify
from istdbench.submissions.taking_in import not_taken_in

SHOWN = 40
"""Letters shown of a line that differs."""


@dataclass(frozen=True)
class Rescored:
    """What came of making a record's number again.

    Attributes:
        problem: why it did not come out; empty where it did.
        skipped: why nothing was run; empty where something was.
    """

    record: Record
    problem: str = ""
    skipped: str = ""


def check(out: Path, track: Track = silent) -> list[str]:
    """Examine every record and page under a folder of leaderboards and, in a checkout of the repository, its zoo.

    The counts behind a second grid are not kept, so that its values are compared by `rescore` alone.
    """
    store = Store(out / RECORDS)
    records, damaged = _sound(store, track)
    problems = [*damaged.values(), *_pages(out, store, records, damaged), *not_taken_in(out, records)]
    if not zoo_files.is_checkout():
        return problems
    found, broken = sound_entries()
    return [*problems, *broken.values(), *_zoo(found, broken), *_both(found, records)]


def rescore(out: Path, device: str = "cpu", track: Track = silent) -> Iterator[Rescored]:
    """Make the number of every sound record under a folder of leaderboards again, where its data are here, of
    predictions the maps, and of a release its file."""
    store = Store(out / RECORDS)
    return (_again(store, record, device, track) for record in _sound(store, silent)[0])


def _pages(out: Path, store: Store, records: Sequence[Record], damaged: Collection[Path]) -> list[str]:
    """What is wrong with the pages. One whose records are damaged differs too, and would hide which is wrong."""
    texts = leaderboard(records, METRICS.all(), store.per_image)
    wanted = {out / f"{slug}.md": text for slug, text in texts.items()}
    costs, problems = examine_costs(out)
    wanted |= {out / f"{COSTS}.md": efficiency(costs)} if costs else {}
    hidden = {out / f"{path.relative_to(store.root).parts[0]}.md" for path in damaged}
    hidden |= {out / f"{COSTS}.md"} if problems else set()
    measured, unsound = examine_claims(out, ledger())
    wanted |= {out / f"{CLAIMS}.md": page(measured, records, METRICS.all())} if measured else {}
    hidden |= {out / f"{CLAIMS}.md"} if unsound or damaged else set()
    sealed, broken = examine_sealed(out)
    wanted |= {out / f"{SEALED}.md": sealed_page(sealed)} if sealed else {}
    hidden |= {out / f"{SEALED}.md"} if broken else set()
    wanted = {path: text for path, text in wanted.items() if path not in hidden}
    return problems + unsound + broken + _differences(wanted, set(out.glob("*.md")) - hidden, "istdbench leaderboard")


def _again(store: Store, record: Record, device: str, track: Track) -> Rescored:
    if record.submission is not None:
        again = f"`istdbench submission check submissions/{record.submission.bundle}` makes it again"
        return Rescored(record, skipped=f"it was handed in; {again}")
    if record.weights is not None and record.weights.source == "released":
        return Rescored(record, skipped="its weights are the authors'; `istdbench claims --check` makes it again")
    try:
        splits = build_dataset(record.dataset.spec).splits()
        names = splits.get(record.dataset.split, {}).get(record.dataset.part)
        if record.predictions is not None and names is not None:
            recorded_maps(record, names)
        if (release := recorded_release(record)) is not None:
            released_weights(release)
    except AlteredDataError as error:
        return Rescored(record, problem=str(error))
    except DataError as error:
        return Rescored(record, skipped=str(error))
    except IstdbenchError as error:
        return Rescored(record, problem=str(error))
    try:
        result = verify(store, record, device=device, track=track)
    except IstdbenchError as error:
        return Rescored(record, problem=str(error))
    if result.reproduced:
        return Rescored(record)
    changes = ", ".join(f"{name} {then:.6g} -> {now:.6g}" for name, (then, now) in result.metrics.items())
    return Rescored(
        record,
        problem=f"{record.path}: not reproduced ({changes or 'no metric'}; {len(result.images)} of "
        f"{record.dataset.images} images differ); "
        f"`istdbench verify {record.path.stem}` names them",
    )


def _sound(store: Store, track: Track) -> tuple[list[Record], dict[Path, str]]:
    """The records that agree with their own tables and hashes, and what is wrong with the file of each other."""
    found, problems = {}, {}
    for path in track(store.paths(), "check records"):
        try:
            record = store.load(path)
            recorded_counts(store, record)
            found[path] = record, store.check(record)
        except IstdbenchError as error:
            problems[path] = str(error)
    problems |= disagreeing(found)
    return [record for path, (record, _) in found.items() if path not in problems], problems


def _differences(wanted: Mapping[Path, str], found: Iterable[Path], verb: str) -> list[str]:
    """What differs between the texts that files should have and those that they have."""
    problems = [f"{path}: no record gives this file; delete it" for path in sorted(set(found) - wanted.keys())]
    for path, text in wanted.items():
        if not path.is_file():
            problems.append(f"{path}: missing; `{verb}` writes it")
        elif (content := path.read_bytes()) != text.encode():
            problems.append(f"{path}: {_first_difference(content.decode(errors='replace'), text)}; `{verb}` mends it")
    return problems


def _first_difference(found: str, wanted: str) -> str:
    lines = zip_longest(found.splitlines(keepends=True), wanted.splitlines(keepends=True), fillvalue="")
    number, (old, new) = next((n, pair) for n, pair in enumerate(lines, start=1) if pair[0] != pair[1])
    shorter = min(len(old), len(new))
    column = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    start = max(column - SHOWN // 2, 0)
    shown, expected = (repr(line[start : start + SHOWN]) for line in (old, new))
    return f"line {number}, letter {column + 1}: {shown} stands there, and its records give {expected}"


def _zoo(found: Sequence[Entry], broken: Mapping[Path, str]) -> list[str]:
    """What is wrong with the sound entries by themselves. Index and checksums are of all of them, the broken too."""
    problems = [problem for entry in found for problem in _entry(entry)]
    texts, here = pages(found), {zoo_files.ZOO / "__init__.py", *sources(found)}
    of_all = {zoo_files.ZOO / INDEX, zoo_files.ZOO / CHECKSUMS} if broken else set()
    others = {path for path in zoo_files.ZOO.rglob("*") if path.is_file() and path.suffix != ".pyc"} - here - of_all
    others = {path for path in others if not is_leftover(path) and not broken.keys() & set(path.parents)}
    wanted = {path: text for path, text in texts.items() if path not in of_all}
    return problems + _differences(wanted, others, "istdbench zoo rebuild")


def _entry(entry: Entry) -> list[str]:
    record, training = entry.record, entry.training
    try:
        job = make_job(record.method.spec, record.dataset.spec, record.protocol.name, record.seed)
    except IstdbenchError as error:
        return [f"{entry.folder}: {error}"]
    last = entry.curve.iloc[-1]
    faults = {
        f"its weights have {entry.size} bytes, and may have {LARGEST}": entry.size > LARGEST,
        f"{RECORD} is of other weights": record.weights is None
        or (record.weights.sha256, record.weights.training) != (entry.sha256, entry.header.for_record()),
        f"{RECORD} belongs to {zoo_path(job).parent}": zoo_path(job).parent != entry.folder,
        "the learning curve is of another training": last["epoch"] != training.epochs
        or not math.isclose(last["loss"], training.loss, rel_tol=1e-9),
        f"trained by an earlier form of protocol {training.protocol!r}": training.training_hash
        != job.protocol.training_hash,
    }
    return [f"{entry.folder}: {fault}; train and add it again" for fault, is_so in faults.items() if is_so]


def _both(found: Sequence[Entry], records: Sequence[Record]) -> list[str]:
    """Where zoo and records do not go together."""
    shipped = {entry.sha256 for entry in entries() if entry.weights.is_file()}  # of broken ones too
    problems = [
        f"{record.path}: its weights (SHA-256 {record.weights.sha256[:12]}…) are not in the zoo, so that nobody else "
        "can make the number again; add them with `istdbench zoo add`, or delete the record"
        for record in records
        if record.weights is not None
        and record.submission is None
        and record.weights.source != "released"
        and record.weights.sha256 not in shipped
    ]
    recorded = {record.key: record.metrics for record in records}
    return problems + [
        f"{entry.folder / RECORD}: not the metrics of the record {entry.record.path}; add the entry again"
        for entry in found
        if recorded.get(entry.record.key, entry.record.metrics) != entry.record.metrics
    ]
