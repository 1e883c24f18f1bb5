"""What is committed under leaderboards/ and istdbench/zoo/ is what the code makes."""

import hashlib
from pathlib import Path

import pytest

from istdbench.engine.consistency import recorded_counts
from istdbench.engine.run import write_reports
from istdbench.engine.weights import ZOO, load_weights
from istdbench.protocols.protocol import load_protocol
from istdbench.results import Store

LEADERBOARDS = Path(__file__).parents[1] / "leaderboards"
STORE = Store(LEADERBOARDS / "records")
WEIGHTS = sorted(ZOO.rglob("*.safetensors"))


def test_the_committed_leaderboards_are_what_their_records_give(tmp_path):
    (tmp_path / "records").symlink_to(LEADERBOARDS / "records")
    written = {path.name: path.read_bytes() for path in write_reports(tmp_path)}
    committed = {path.name: path.read_bytes() for path in LEADERBOARDS.glob("*.md")}
    assert written == committed
    assert {"nuaa.md", "synth.md"} <= set(committed)


@pytest.mark.parametrize("record", STORE.load_all(), ids=lambda record: str(record.path.with_suffix("")))
def test_every_record_agrees_with_its_own_table_and_hashes(record):
    counts = recorded_counts(STORE, record)
    assert len(counts) == record.dataset.images
    assert record.metrics.intervals.keys() == record.metrics.values.keys()


def test_every_record_of_a_leaderboard_scores_weights_of_the_zoo():
    shipped = {hashlib.sha256(path.read_bytes()).hexdigest() for path in WEIGHTS}
    learned = [record for record in STORE.load_all() if record.weights is not None]
    assert {record.weights.sha256 for record in learned} == shipped


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: "/".join(path.parts[-3:]))
def test_weights_of_the_zoo_are_small_and_were_trained_by_the_protocol_as_it_is_now(path):
    header = load_weights(path)[1]
    assert path.stat().st_size < 8e6
    assert path.parts[-3:] == (header.dataset, header.protocol, f"{header.method}-seed{header.seed}.safetensors")
    assert header.training_hash == load_protocol(header.protocol, header.dataset).training_hash
