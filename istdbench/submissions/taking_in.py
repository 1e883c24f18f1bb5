"""How leaderboards take in the bundles that were merged: their records are put among those that were made here."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from istdbench.errors import IstdbenchError
from istdbench.results import RECORDS, Record, Store
from istdbench.submissions.bundle import SUBMISSIONS, Bundle, bundles


def folder_beside(out: Path) -> Path:
    """The folder of bundles that belongs to a folder of leaderboards."""
    return out.absolute().parent / SUBMISSIONS


def take_in(out: Path) -> list[str]:
    """Save the record of every sound bundle beside a folder of leaderboards; says what is wrong with each other.

    A record that is there as its bundle gives it is left as it is.

    Raises:
        IstdbenchError: a record could not be written.
    """
    store = Store(out / RECORDS)
    found, problems = bundles(folder_beside(out))
    for bundle in found:
        if problem := _obstacle(bundle, store):
            problems.append(problem)
        elif _recorded(bundle, store) is None:
            store.save(bundle.taken_in, bundle.store.per_image(bundle.record))
    return problems


def not_taken_in(out: Path, records: Iterable[Record]) -> list[str]:
    """What is wrong between bundles and the records of a folder of leaderboards."""
    store = Store(out / RECORDS)
    found, problems = bundles(folder_beside(out))
    given = {bundle.taken_in.key: bundle for bundle in found}
    for bundle in found:
        if problem := _obstacle(bundle, store):
            problems.append(problem)
        elif _recorded(bundle, store) is None:
            problems.append(f"{bundle.folder}: not taken in as it is; `istdbench leaderboard` does it")
    return problems + [
        f"{store.root / record.path}: handed in, and no bundle {record.submission.bundle} gives it; delete it"
        for record in records
        if record.submission is not None and record.key not in given
    ]


def _recorded(bundle: Bundle, store: Store) -> Record | None:
    """The record of a bundle where it stands in a store as the bundle gives it."""
    there = store.find(bundle.record.key)
    told = bundle.taken_in  # of the table the hash in the store's own file counts, which the store compares
    return there if there and there.model_copy(update={"per_image": told.per_image}) == told else None


def _obstacle(bundle: Bundle, store: Store) -> str:
    """Why a bundle's record cannot be put among the others; "" where it can."""
    try:
        there = store.find(bundle.record.key)
    except IstdbenchError as error:
        return str(error)
    if there is None or (there.submission is not None and there.submission.bundle == bundle.name):
        return ""
    return f"{bundle.folder}: {store.root / there.path} is the same run; delete one of the two"
