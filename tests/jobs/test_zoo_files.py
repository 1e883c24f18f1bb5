"""Weights that an installed package lacks are fetched once, by their hash, and said; nothing else takes their place."""

from __future__ import annotations

import shutil
import tomllib
import warnings
from importlib.metadata import version
from pathlib import Path

import pytest

from istdbench.errors import DataError
from istdbench.files import sha256_file
from istdbench.jobs import zoo_files
from istdbench.jobs.weights import WeightsFile, find_weights, kept_weights, shipped_for
from istdbench.results import read_record
from istdbench.runs.from_record import recorded_job, recorded_weights
from istdbench.spec import parse_spec

ENTRY = "synth/short512/mim_istd-seed0"
WHOLE = zoo_files.ZOO
RECORD = WHOLE / ENTRY / "record.json"


@pytest.fixture
def job():
    return recorded_job(read_record(RECORD))


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """The weights as a mirror has them, of a package that was installed without any."""
    zoo = tmp_path / "installed" / "zoo"
    zoo.mkdir(parents=True)
    shutil.copy(WHOLE / "SHA256SUMS", zoo)
    published = tmp_path / "mirror" / "github" / "istdbench" / "istdbench" / f"v{version('istdbench')}"
    file = published / "istdbench" / "zoo" / ENTRY / "weights.safetensors"
    file.parent.mkdir(parents=True)
    shutil.copy(WHOLE / ENTRY / "weights.safetensors", file)
    monkeypatch.setattr(zoo_files, "ZOO", zoo)
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ISTDBENCH_MIRROR", str(tmp_path / "mirror"))
    return file


def test_a_checkout_has_the_weights_of_every_entry_as_published():
    assert zoo_files.is_checkout() and len(zoo_files.hashes()) >= 9
    for entry, sha256 in zoo_files.hashes().items():
        path = zoo_files.place(entry)
        assert path.is_relative_to(WHOLE) and sha256_file(path) == sha256


def test_weights_that_are_not_here_are_fetched_once_and_said(mirror, job, tmp_path):
    with pytest.warns(UserWarning, match=f"weights {ENTRY} of the zoo were fetched, and are kept as {tmp_path}/home"):
        found = find_weights(job)
    assert found.origin == "zoo" and found.path.is_relative_to(tmp_path / "home")
    assert found.path.read_bytes() == mirror.read_bytes()
    mirror.unlink()
    with warnings.catch_warnings(action="error"):
        assert find_weights(job) == WeightsFile(found.path, "zoo")


def test_weights_that_were_altered_where_they_are_kept_are_fetched_again(mirror, job):
    with pytest.warns(UserWarning):
        path = find_weights(job).path
    path.write_bytes(b"other")
    assert sha256_file(find_weights(job).path) == zoo_files.hashes()[ENTRY]


def test_a_mirror_with_other_weights_is_refused(mirror, job):
    mirror.write_bytes(b"other")
    with pytest.raises(DataError, match=rf"weights {ENTRY} of the zoo: .* \(its SHA-256 differs\)"):
        find_weights(job)


def test_weights_that_cannot_be_fetched_are_a_line_with_file_and_setting(mirror, job):
    mirror.unlink()
    with pytest.raises(DataError, match=f"the mirror has no file {mirror}; .* set ISTDBENCH_MIRROR") as error:
        find_weights(job)
    assert "\n" not in str(error.value)


def test_what_could_be_fetched_is_known_without_fetching(mirror):
    mirror.unlink()
    assert shipped_for(parse_spec("mim_istd")) == ["irstd1k", "nuaa", "synth"]
    [path] = kept_weights(parse_spec("mim_istd"), parse_spec("nuaa"))
    assert not path.exists()


def test_a_record_finds_its_weights_by_their_hash(mirror, job):
    record = read_record(RECORD)
    with pytest.warns(UserWarning, match="fetched"):
        assert sha256_file(recorded_weights(record, job)) == record.weights.sha256


def test_the_address_is_that_of_the_project():
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text())["project"]
    assert project["urls"]["Repository"] == f"https://github.com/{zoo_files.OWNER}/{zoo_files.REPOSITORY}"
