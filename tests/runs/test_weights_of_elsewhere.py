"""Weights that are named: by which protocol they are scored, what their network sees, and on which images."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from camera_files import moving_spot, write_image
from tiny_training import Spots, register_tiny, tiny_protocol_file

from istdbench.committed.adding import add
from istdbench.datasets.digest import image_digest
from istdbench.errors import AlteredDataError, DataError, IstdbenchError, UsageError, WeightsError
from istdbench.jobs.job import make_job
from istdbench.jobs.weights import load_weights, save_weights
from istdbench.reports.notes import notes as notes_of
from istdbench.results import RECORDS, Store
from istdbench.runs import run as run_module
from istdbench.runs.consistency import recorded_counts
from istdbench.runs.from_record import recorded_job, recorded_predictor
from istdbench.runs.map_sources import of_record
from istdbench.runs.run import Settings, run
from istdbench.runs.verify import verify
from istdbench.spec import parse_spec
from istdbench.training.train import train

TINY, SPOTS, OTHERS = parse_spec("tiny"), parse_spec("spots"), parse_spec("others")
ALLOWED = "weights_of_another_protocol"


@dataclass
class Others(Spots):
    """The training images of `Spots` under other names, `known` of them among the test images."""

    known: int = 0
    name: str = "others"
    fingerprint: str = "others-1"

    def splits(self):
        return {"official": {"test": tuple(f"image{i}" for i in range(4))}}

    def load(self, name):
        number = int(name.removeprefix("image"))
        as_there = f"train{number}" if number < self.known else f"new{number}"
        return replace(super().load(as_there), name=name)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    register_tiny(monkeypatch, others=Others())


@pytest.fixture
def stretched(tmp_path):
    """Weights that were trained on spots stretched to 48 x 48, and the file of their protocol."""
    rules = tiny_protocol_file(tmp_path, input={"resize": 48})
    return str(train(make_job(TINY, SPOTS, rules))), rules


def outcome_of(weights, protocol, tmp_path, dataset=SPOTS, **settings):
    out = tmp_path / "leaderboards"
    [outcome] = run([TINY], [dataset], protocol, [0], Settings(out=out, weights=weights, **settings))
    return outcome


def test_without_a_protocol_that_of_the_weights_is_taken(tmp_path):
    weights = str(train(make_job(TINY, SPOTS, "smoke")))
    assert Spots.default_protocol == "native"
    for dataset in (SPOTS, OTHERS):
        assert outcome_of(weights, None, tmp_path, dataset).record.protocol.name == "smoke"


def test_weights_of_another_protocol_are_refused_by_both_names_and_the_option(tmp_path, stretched):
    weights, _ = stretched
    with pytest.raises(UsageError, match="'tiny_protocol', not by 'native'.*--weights-of-another-protocol"):
        outcome_of(weights, "native", tmp_path)
    with pytest.raises(WeightsError, match="'tiny_protocol', which does not come with the package; name its file"):
        outcome_of(weights, None, tmp_path)
    other_form = tiny_protocol_file(tmp_path, input={"resize": 64})
    with pytest.raises(WeightsError, match="'tiny_protocol' as it was then, and here it is another"):
        outcome_of(weights, other_form, tmp_path)


def test_where_that_is_allowed_the_network_sees_what_it_was_trained_on_and_the_row_says_so(tmp_path, stretched):
    weights, rules = stretched
    own = outcome_of(weights, rules, tmp_path).record
    other = outcome_of(weights, "native", tmp_path, **{ALLOWED: True}).record
    assert other.metrics.values == own.metrics.values
    assert (other.weights.input.resize, other.protocol.config["input"]["resize"]) == (48, None)
    assert notes_of(own) == ()
    assert notes_of(other) == ("Trained by tiny_protocol.",)


def test_such_a_run_is_reproduced_from_its_record(tmp_path, stretched):
    record = outcome_of(stretched[0], "native", tmp_path, **{ALLOWED: True}).record
    assert verify(Store(tmp_path / "leaderboards" / RECORDS), record).exact


def test_a_file_that_was_named_is_found_again_where_it_was(tmp_path, stretched):
    weights, rules = stretched
    mine = Path(weights).rename(tmp_path / "mine.safetensors")
    record = outcome_of(str(mine), rules, tmp_path).record
    store = Store(tmp_path / "leaderboards" / RECORDS)
    assert verify(store, record).exact
    mine.rename(tmp_path / "moved.safetensors")
    with pytest.raises(WeightsError, match="looked at .*mine.safetensors"):
        verify(store, record)


def test_the_same_protocol_on_other_data_is_no_other_protocol(tmp_path, stretched):
    record = outcome_of(*stretched, tmp_path, OTHERS).record
    assert notes_of(record) == ("Trained on spots by tiny_protocol.",)


def test_a_protocol_may_train_each_data_set_in_its_own_way(tmp_path):
    rules = tiny_protocol_file(tmp_path, per_dataset={"others": {"training": {"epochs": 9}}})
    weights = str(train(make_job(TINY, SPOTS, rules)))
    assert outcome_of(weights, rules, tmp_path, OTHERS).state == "done"


def test_test_images_that_were_trained_on_are_told_by_name(tmp_path):
    """By a protocol that trains on the very part that it scores."""
    rules = tiny_protocol_file(tmp_path, data={"train": "test"})
    weights = str(train(make_job(TINY, SPOTS, rules)))
    outcome = outcome_of(weights, rules, tmp_path)
    assert outcome.state == "failed"
    assert "trained on 3 of the 3 images that they are to be scored on (test0, test1, test2)" in outcome.error
    assert "part 'test' of split 'official' of spots" in outcome.error


LEAKY = {
    "its header says so": {"part": "test"},
    "its part holds a test image": {"split": "mixed"},
    "a digest is that of a test image": {"digests": (image_digest(Spots().load("test1").image),)},
}
"""What a header may say by which its weights were trained on a test image."""


class Mixed(Spots):
    """A split more, whose training part holds a test image."""

    def splits(self):
        parts = super().splits()["official"]
        return {"official": parts, "mixed": {**parts, "train": (*parts["train"], "test1")}}


@pytest.fixture(params=LEAKY)
def leaky(request, tmp_path, monkeypatch):
    """Weights where `train` leaves them, whose header says that they saw a test image; their record of a time when that
    was not looked at; and the file of their protocol."""
    register_tiny(monkeypatch, spots=Mixed(), others=Others())
    rules = tiny_protocol_file(tmp_path)
    path = train(make_job(TINY, SPOTS, rules))
    state, header = load_weights(path)
    facts = header.training.model_copy(update=LEAKY[request.param])
    save_weights(path, state, header.model_copy(update={"training": facts}))
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "refuse_overlap", lambda *_: None)
        outcome = outcome_of(None, rules, tmp_path, maps=tmp_path / "maps")
    assert outcome.state == "done"
    return path, outcome.record, rules


TRAINED_ON_TEST = r"trained on [13] of the 3 images that they are to be scored on \(.*test1"


def test_weights_that_saw_a_test_image_are_scored_by_no_verb(leaky, tmp_path, monkeypatch):
    path, record, rules = leaky
    for weights in (None, str(path)):
        outcome = outcome_of(weights, rules, tmp_path, force=True)
        assert outcome.state == "failed" and re.search(TRAINED_ON_TEST, outcome.error)
    store = Store(tmp_path / "leaderboards" / RECORDS)
    with pytest.raises(IstdbenchError, match=f"{TRAINED_ON_TEST}|the very images that it scores"):
        verify(store, record)
    for open_it in (of_record, recorded_predictor_of):  # curves, audit, report
        with pytest.raises(WeightsError, match=TRAINED_ON_TEST):
            open_it(record)
    with pytest.raises(WeightsError, match=TRAINED_ON_TEST):
        add(TINY, SPOTS, rules, 0, out=tmp_path / "zoo leaderboards")
    assert not (tmp_path / "zoo leaderboards").exists()


def recorded_predictor_of(record):
    return recorded_predictor(record, recorded_job(record))


def test_a_record_whose_weights_say_so_is_unsound_and_its_row_is_marked(leaky, tmp_path):
    _, record, _ = leaky
    store, itself = Store(tmp_path / "leaderboards" / RECORDS), record.weights.training["part"] == "test"
    assert ("Trained on the very images that it is scored on." in notes_of(record)) == itself
    if itself:
        with pytest.raises(DataError, match="the very images that it scores; delete it"):
            recorded_counts(store, record)


def test_a_protocol_that_trains_on_its_test_images_is_refused_before_it_trains(tmp_path):
    rules = tiny_protocol_file(tmp_path, data={"train": "test"})
    assert "which have 3 images in common" in outcome_of(None, rules, tmp_path, train=True).error
    assert not (tmp_path / "home").exists()


def without_digests(folder, weights):
    """The weights as they were saved before they carried the digests of their training images."""
    state, header = load_weights(folder / weights)
    facts = header.training.model_copy(update={"digests": ()})
    save_weights(folder / "old.safetensors", state, header.model_copy(update={"training": facts}))
    return str(folder / "old.safetensors")


@pytest.mark.parametrize("said", [{"part": "nosuch"}, {"split": "nosuch"}])
def test_weights_of_a_part_that_their_own_data_set_has_not_got_are_refused(tmp_path, stretched, said):
    state, header = load_weights(Path(stretched[0]))
    other = tmp_path / "other.safetensors"
    facts = header.training.model_copy(update={"digests": (), **said})
    save_weights(other, state, header.model_copy(update={"training": facts}))
    outcome = outcome_of(str(other), stretched[1], tmp_path)
    assert outcome.state == "failed"
    assert re.search(r"other.safetensors say .*nosuch.*cannot be known", outcome.error)


@pytest.mark.parametrize("with_digests", [True, False])
def test_test_images_that_were_trained_on_are_told_by_their_pixels(tmp_path, stretched, monkeypatch, with_digests):
    """By the digests that the weights carry or, without them, by the training images themselves."""
    weights, rules = stretched
    if not with_digests:
        weights = without_digests(tmp_path, weights)
    register_tiny(monkeypatch, others=Others(known=2))
    outcome = outcome_of(weights, rules, tmp_path, OTHERS)
    assert "trained on 2 of the 4 images that they are to be scored on (image0, image1)" in outcome.error
    register_tiny(monkeypatch, others=Others(known=2), spots=Others())  # the training images are others now
    assert outcome_of(weights, rules, tmp_path, OTHERS).state == ("failed" if with_digests else "done")


def test_training_images_that_cannot_be_compared_since_they_were_altered_are_no_free_pass(
    tmp_path, stretched, monkeypatch
):
    class Altered(Spots):
        def splits(self):
            raise AlteredDataError("train.txt: it is not the file that was published")

    weights, rules = stretched
    register_tiny(monkeypatch, others=Others(known=2), spots=Altered())
    outcome = outcome_of(without_digests(tmp_path, weights), rules, tmp_path, OTHERS)
    assert outcome.error == "train.txt: it is not the file that was published"


def camera_folder(folder, names, frames):
    """A folder data set of camera frames under these names, the first two of which are for training."""
    for name, frame in zip(names, frames, strict=True):
        write_image(folder / "images" / f"{name}.png", frame)
        write_image(folder / "masks" / f"{name}.png", (frame > 7700) * np.uint8(255))
    (folder / "train.txt").write_text("\n".join(names[:2]))
    (folder / "test.txt").write_text("\n".join(names[2:]))
    return folder


@pytest.mark.parametrize(("then", "now"), [("minmax", "percentile"), ("minmax", "full"), ("7000:7800", "minmax")])
def test_test_images_that_were_trained_on_are_told_by_their_pixels_whatever_the_range(tmp_path, then, now):
    frames = moving_spot(4)
    trained = camera_folder(tmp_path / "one", ["a", "b", "c", "d"], frames)
    scored = camera_folder(tmp_path / "other", ["e", "f", "g", "h"], frames[::-1])
    rules = tiny_protocol_file(tmp_path)
    weights = str(train(make_job(TINY, parse_spec(f"folder:{trained},range={then}"), rules)))
    outcome = outcome_of(weights, rules, tmp_path, parse_spec(f"folder:{scored},range={now}"))
    assert "trained on 2 of the 2 images that they are to be scored on (g, h)" in outcome.error


class Twins(Spots):
    """The first test image is the first training image under another name."""

    def load(self, name):
        return replace(super().load("train0" if name == "test0" else name), name=name)


def test_a_test_image_that_is_a_training_image_by_another_name_is_told(tmp_path, monkeypatch):
    register_tiny(monkeypatch, spots=Twins())
    outcome = outcome_of(None, tiny_protocol_file(tmp_path), tmp_path, train=True)
    assert "trained on 1 of the 3 images that they are to be scored on (test0)" in outcome.error


def test_a_name_that_is_neither_file_nor_data_set_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="weights nowhere: no such file; what there is of tiny: none"):
        outcome_of("nowhere", None, tmp_path)
    with pytest.raises(WeightsError, match="no weights of tiny, seed 0, trained on spots"):
        outcome_of("spots", None, tmp_path)


def test_weights_of_a_classical_method_are_refused_whether_they_are_a_file_or_a_data_set(tmp_path, stretched):
    for weights in ("spots", stretched[0]):
        with pytest.raises(UsageError, match="'tophat' is classical: it has no weights; leave --weights out"):
            list(run([parse_spec("tophat")], [SPOTS], None, [0], Settings(out=tmp_path, weights=weights)))


def test_a_data_set_names_the_weights_that_its_own_protocol_trained(tmp_path, monkeypatch):
    spots = Spots()
    spots.default_protocol = "smoke"
    register_tiny(monkeypatch, spots=spots, others=Others())
    train(make_job(TINY, SPOTS, None))
    record = outcome_of("spots", None, tmp_path, OTHERS).record
    assert (record.protocol.name, record.weights.training["dataset"]) == ("smoke", "spots")
