"""What is committed under leaderboards/ and istdbench/zoo/ is what the code makes: `istdbench leaderboard --check`."""

from pathlib import Path

from istdbench.committed.check import check
from istdbench.committed.entry import entries
from istdbench.results import RECORDS, Store

LEADERBOARDS = Path(__file__).parents[1] / "leaderboards"


def test_leaderboards_records_and_zoo_are_what_the_code_makes():
    assert check(LEADERBOARDS) == []


def test_every_entry_of_the_zoo_stands_in_a_leaderboard():
    recorded = {record.key for record in Store(LEADERBOARDS / RECORDS).load_all()}
    assert entries() and {entry.record.key for entry in entries()} <= recorded
