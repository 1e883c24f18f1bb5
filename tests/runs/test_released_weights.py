"""A release from its repository to a record that says so: a toy one, of a tiny network, from a mirror folder."""

import pytest
import torch
from tiny_training import TINY, Spots, register_tiny

from istdbench.detection.loading import load
from istdbench.errors import DataError, UsageError
from istdbench.files import sha256_bytes
from istdbench.importing.released_weights import released_weights
from istdbench.jobs.weights import read_header
from istdbench.released import releases as declared
from istdbench.released.release import Images, Release
from istdbench.reports.notes import notes as notes_of
from istdbench.results import RECORDS, NetworkInput, Store
from istdbench.runs.run import Settings, run
from istdbench.runs.verify import verify
from istdbench.spec import parse_spec

SPOTS = Images(dataset="spots", split="official", part="train")
TESTED = Images(dataset="spots", split="official", part="test")


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ISTDBENCH_MIRROR", str(tmp_path / "mirror"))
    register_tiny(monkeypatch, renamed=Spots(name="renamed", fingerprint="renamed-1"))


@pytest.fixture
def declare(tmp_path, monkeypatch):
    """Declares releases of the tiny network by their names, each trained on some images, and lays their files out."""

    def make(**trained_on: Images) -> list[Release]:
        made = []
        for name, images in trained_on.items():
            file = tmp_path / f"{name}.pth"
            torch.save({"state_dict": TINY.build().state_dict(), "epoch": 3}, file)
            release = Release(
                method="tiny",
                name=name,
                repository="someone/tiny",
                commit="0" * 40,
                file=f"params/{name}.pth",
                sha256=sha256_bytes(file.read_bytes()),
                size=file.stat().st_size,
                input=NetworkInput(pad=1, mean=90, sd=30, channels=1),
                threshold=0.25,
                trained_on=(images,),
                chosen_on=TESTED,
                terms="none",
            )
            there = tmp_path / "mirror" / "github" / release.path
            there.parent.mkdir(parents=True, exist_ok=True)
            file.rename(there)
            made.append(release)
        monkeypatch.setattr(declared, "releases", lambda: tuple(made))
        return made

    return make


def outcome_of(weights, tmp_path, dataset="spots"):
    settings = Settings(out=tmp_path / "out", weights=weights)
    [outcome] = run([parse_spec("tiny")], [parse_spec(dataset)], "smoke", [0], settings)
    return outcome


def test_a_release_is_scored_and_its_record_says_whose_it_is_and_comes_out_again(tmp_path, declare):
    [release] = declare(best=SPOTS)
    record = outcome_of("released", tmp_path).record
    told = record.weights.training["imported"]
    assert (record.weights.source, record.weights.file, told["sha256"]) == ("released", None, release.sha256)
    assert told["released"]["repository"] == "someone/tiny"
    assert record.weights.input == release.input
    assert notes_of(record) == (
        "Authors' weights, params/best.pth of someone/tiny at 0000000: trained on spots official train, the epoch "
        "chosen on spots official test.",
    )
    release.weights_path.unlink()
    assert verify(Store(tmp_path / "out" / RECORDS), record).exact
    assert outcome_of("released:best", tmp_path).state == "recorded"


def test_of_several_the_one_of_the_data_set_is_scored(tmp_path, declare):
    declare(spots=SPOTS, renamed=Images(dataset="renamed", split="official", part="train"))
    record = outcome_of("released", tmp_path).record
    assert record.weights.training["imported"]["released"]["name"] == "spots"


@pytest.mark.parametrize("dataset", ["spots", "renamed"])
def test_images_that_were_trained_on_are_refused_by_name_and_by_pixels(tmp_path, declare, dataset):
    declare(best=TESTED)
    outcome = outcome_of("released", tmp_path, dataset)
    assert outcome.state == "failed"
    assert "trained on 3 of the 3 images that they are to be scored on (test0, test1, test2)" in outcome.error


def test_a_split_that_is_not_here_leaves_it_open_and_so_refuses(tmp_path, declare):
    declare(best=Images(dataset="spots", split="older", part="train"))
    outcome = outcome_of("released", tmp_path)
    assert "part 'train' of split 'older' of spots, which has none" in outcome.error


def test_the_file_is_a_function_of_the_authors_file_and_what_was_changed_is_made_again(declare):
    [release] = declare(best=SPOTS)
    path = released_weights(release)
    content = path.read_bytes()
    assert read_header(path).imported.versions == {}
    path.write_bytes(content[:-4] + b"\0\0\0\0")
    assert released_weights(release).read_bytes() == content


def test_another_file_than_the_published_one_is_refused(tmp_path, declare):
    [release] = declare(best=SPOTS)
    there = tmp_path / "mirror" / "github" / release.path
    there.write_bytes(b"0" * release.size)
    with pytest.raises(DataError, match="tiny released:best: .*not the published file.*run the same command again"):
        released_weights(release)
    assert not release.at_hand
    there.unlink()
    with pytest.raises(DataError, match=r"the mirror has no file .*best\.pth"):
        released_weights(release)


def test_a_release_detects_in_anyones_images(declare):
    [release] = declare(best=SPOTS)
    detector = load("tiny", "released")
    assert (detector.weights, detector.threshold) == (release.weights_path, 0.25)
    with pytest.raises(UsageError, match="needs weights; the package has --weights released$"):
        load("tiny")
