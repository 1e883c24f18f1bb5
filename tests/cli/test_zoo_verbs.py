"""`istdbench zoo` and `istdbench leaderboard --check`, as their user calls them."""

import json
from pathlib import Path

import pytest
from tiny_training import tiny_job
from tiny_zoo import use_tiny_zoo

from istdbench.training.train import train


@pytest.fixture
def added(istdbench, tmp_path, monkeypatch):
    """The lines that `zoo add` prints."""
    use_tiny_zoo(tmp_path, monkeypatch)
    train(tiny_job())
    return istdbench("zoo add tiny --dataset spots").stdout.splitlines()


def test_add_writes_card_index_checksums_and_leaderboard(added, tmp_path):
    zoo = tmp_path / "zoo"
    assert added == [
        str(zoo / path) for path in ("spots/tiny_protocol/tiny-seed0/README.md", "README.md", "SHA256SUMS")
    ]
    assert "[tiny](spots/tiny_protocol/tiny-seed0/README.md)" in (zoo / "README.md").read_text()
    assert "| tiny " in (tmp_path / "leaderboards" / "spots.md").read_text()


def test_add_says_how_to_train_first(istdbench, tmp_path, monkeypatch):
    use_tiny_zoo(tmp_path, monkeypatch)
    assert "istdbench train tiny --dataset spots" in istdbench("zoo add tiny --dataset spots", code=1).stderr


def test_list_names_each_entry(istdbench, added):
    [row] = json.loads(istdbench("zoo list --json").stdout)
    assert (row["method"], row["dataset"], row["protocol"], row["seed"]) == ("tiny", "spots", "tiny_protocol", 0)
    assert row["precision"] == "float16" and row["metrics"].keys() >= {"IoU", "Pd"}
    assert "tiny" in istdbench("zoo list").stdout


def test_list_says_of_which_entries_the_weights_are_here(istdbench, added, tmp_path):
    [row] = json.loads(istdbench("zoo list --json").stdout)
    assert row["at_hand"] and istdbench("zoo list").stdout.rstrip().endswith("yes")
    Path(row["weights"]).unlink()
    [row] = json.loads(istdbench("zoo list --json").stdout)
    assert (row["at_hand"], row["precision"], row["bytes"]) == (False, None, None)
    assert row["weights"].endswith("/istdbench/zoo/spots/tiny_protocol/tiny-seed0/weights.safetensors")
    assert istdbench("zoo list").stdout.rstrip().endswith("no")


def test_rebuild_restores_what_was_edited(istdbench, added, tmp_path):
    index = tmp_path / "zoo" / "README.md"
    before = index.read_bytes()
    index.write_text("mine")
    istdbench("zoo rebuild")
    assert index.read_bytes() == before


@pytest.fixture
def broken(istdbench, added, tmp_path):
    """The record of a second entry, which is damaged."""
    train(tiny_job(1))
    istdbench("zoo add tiny --dataset spots --seed 1")
    path = tmp_path / "zoo" / "spots" / "tiny_protocol" / "tiny-seed1" / "record.json"
    path.write_text("{}")
    return path


def test_an_entry_that_is_damaged_is_named_and_the_others_are_listed(istdbench, broken):
    result = istdbench("zoo list --json", code=1)
    assert [row["seed"] for row in json.loads(result.stdout)] == [0]
    assert f"{broken}: not a record" in result.stderr


def test_the_pages_of_the_others_are_written_without_it(istdbench, broken, tmp_path):
    card = tmp_path / "zoo" / "spots" / "tiny_protocol" / "tiny-seed0" / "README.md"
    before = card.read_bytes()
    card.write_text("mine")
    assert f"{broken}: not a record" in istdbench("zoo rebuild", code=1).stderr
    assert card.read_bytes() == before
    assert "tiny-seed1" not in (tmp_path / "zoo" / "README.md").read_text()


def test_the_others_are_checked_beside_it(istdbench, broken, tmp_path):
    card = tmp_path / "zoo" / "spots" / "tiny_protocol" / "tiny-seed0" / "README.md"
    card.write_text("mine")
    entry, page = istdbench("leaderboard --check", code=1).stderr.splitlines()
    assert entry.startswith(f"error: {broken}: not a record") and page.startswith(f"error: {card}: line 1")


def test_check_passes_and_rescore_says_what_came_out(istdbench, added):
    assert "are what records, tables and weights give" in istdbench("leaderboard --check").stdout
    assert ".json: reproduced" in istdbench("leaderboard --check --rescore").stdout


def test_check_fails_with_the_file_and_line_and_writes_nothing(istdbench, added, tmp_path):
    page = tmp_path / "leaderboards" / "spots.md"
    page.write_text(page.read_text() + "more")
    before = page.read_bytes()
    result = istdbench("leaderboard --check", code=1)
    assert "spots.md: line " in result.stderr and "are what records" not in result.stdout
    assert page.read_bytes() == before


def test_check_says_which_records_were_not_run_again_and_why(istdbench, added, tmp_path, monkeypatch):
    from istdbench.errors import DataError

    def away(spec):
        raise DataError("spots: not here yet")

    monkeypatch.setattr("istdbench.committed.check.build_dataset", away)
    assert "json: skipped, spots: not here yet" in istdbench("leaderboard --check --rescore").stdout


def test_rescore_alone_is_wrong_usage(istdbench):
    assert "--rescore goes with --check" in istdbench("leaderboard --rescore", code=2).stderr


def test_a_folder_that_is_not_there_is_wrong_usage(istdbench):
    assert "--out nowhere: no such folder" in istdbench("leaderboard --check --out nowhere", code=2).stderr
