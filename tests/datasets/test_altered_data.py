"""Published data that were altered after they were fetched: no verb makes or confirms a number of them."""

import pytest
from pictures import save

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.pinned import fetch
from istdbench.registry import DATASETS


@pytest.fixture
def recorded(toy, istdbench, monkeypatch, tmp_path):
    """The toy data set, known by its name, with a record of it in tmp_path/leaderboards."""
    monkeypatch.setitem(DATASETS._found, "toy", ("tests", DatasetEntry("toy", "six images", lambda _spec: toy)))
    monkeypatch.chdir(tmp_path)
    fetch(toy)
    istdbench("run --methods tophat --dataset toy --probes none")
    istdbench("leaderboard --check --rescore")
    return toy


def empty_a_mask(toy):
    path = toy.paths("a4")[1]
    save(path, [[0] * 30] * 20)
    return path


def shorten_the_list(toy):
    path = toy.folder / toy.list_paths["official"]["test"]
    path.write_text("a4\n")
    return path


@pytest.mark.parametrize("alter", [empty_a_mask, shorten_the_list])
@pytest.mark.parametrize(
    "line",
    [
        "run --methods tophat --dataset toy --probes none --force",
        "run --methods mpcm --dataset toy --probes none",
        "leaderboard --check --rescore",
        "verify {record}",
        "curves {record} --plot curves.png",
        "data check toy",
    ],
)
def test_every_verb_names_the_file_and_makes_no_number(recorded, istdbench, tmp_path, alter, line):
    [record] = tmp_path.glob("leaderboards/records/**/*.json")
    before = record.read_bytes()
    altered = alter(recorded)
    said = istdbench(line.format(record=record), code=1).output
    assert altered.name in said
    assert "istdbench data fetch toy" in said
    assert "not as published" in said or "not the file that was published" in said
    assert record.read_bytes() == before
    assert [*tmp_path.glob("leaderboards/records/**/*.json")] == [record]
