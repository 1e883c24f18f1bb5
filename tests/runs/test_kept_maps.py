"""A folder of kept maps knows whose they are: other weights, other data, an interruption and a change are seen."""

from __future__ import annotations

import json
import shutil
import warnings

import numpy as np
import pytest
from tiny_training import Spots, register_tiny, tiny_protocol_file

from istdbench.errors import DataError, UsageError
from istdbench.files import atomic_write, sha256_file
from istdbench.jobs.job import make_job
from istdbench.registry import build_dataset
from istdbench.results import RECORDS, Store
from istdbench.runs import map_sources
from istdbench.runs.from_predictions import About, record_predictions
from istdbench.runs.map_sources import of_folder, of_record
from istdbench.runs.run import Settings, run
from istdbench.runs.verify import verify
from istdbench.scoring.collectors import CurveCollector
from istdbench.scoring.image_counts import Counts
from istdbench.scoring.kept_maps import ABOUT
from istdbench.spec import parse_spec
from istdbench.training.train import train

TINY, SPOTS = parse_spec("tiny"), parse_spec("spots")


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    register_tiny(monkeypatch, others=Spots(name="others", fingerprint="others-1"))


@pytest.fixture
def rules(tmp_path):
    return tiny_protocol_file(tmp_path)


@pytest.fixture
def weights(tmp_path, rules):
    """Two files of weights of one method, data set, protocol and seed."""
    first = train(make_job(TINY, SPOTS, rules))
    other = tmp_path / "other.safetensors"
    shutil.copy(train(make_job(TINY, SPOTS, f"{rules}:training.epochs=9")), other)
    return first, other


def run_with(file, rules, tmp_path, **settings):
    chosen = Settings(
        out=tmp_path / "out", weights=str(file), weights_of_another_protocol=True, maps=tmp_path / "maps", **settings
    )
    [outcome] = run([TINY], [SPOTS], rules, [0], chosen)
    return outcome


def recorded(file, rules, tmp_path, **settings):
    outcome = run_with(file, rules, tmp_path, **settings)
    assert outcome.state == "done", outcome.error
    return outcome.record


def curve_values(source):
    drawn = CurveCollector()
    source.show(drawn)
    return drawn.curves.values()


def folders(tmp_path):
    return sorted(path.parent for path in (tmp_path / "maps").rglob(ABOUT))


def folder_of(record, tmp_path):
    [folder] = [folder for folder in folders(tmp_path) if folder.name == record.path.stem]
    return folder


def no_prediction(*_arguments, **_more):
    raise AssertionError("predicted again")


def test_two_weights_keep_their_maps_apart_and_each_record_finds_its_own(weights, rules, tmp_path, monkeypatch):
    records = [recorded(file, rules, tmp_path) for file in weights]
    wanted = [curve_values(of_record(record, weights=file)) for record, file in zip(records, weights, strict=True)]
    assert wanted[0] != wanted[1]
    monkeypatch.setattr("istdbench.runs.from_record.recorded_predictor", no_prediction)
    for record, values in zip(records, wanted, strict=True):
        assert curve_values(of_record(record, maps=tmp_path / "maps")) == pytest.approx(values)
        assert curve_values(of_record(record, maps=folder_of(record, tmp_path))) == pytest.approx(values)


def test_the_folder_says_whose_maps_it_holds(weights, rules, tmp_path):
    record = recorded(weights[0], rules, tmp_path)
    [folder] = folders(tmp_path)
    about = json.loads((folder / ABOUT).read_text())
    assert (about["key"], about["weights"]) == (record.key, sha256_file(weights[0]))
    assert (about["method"], about["dataset"], about["protocol"]) == ("tiny", "spots", "tiny_protocol")
    assert about["maps"] == {path.stem: sha256_file(path) for path in folder.glob("*.npy")} and len(about["maps"]) == 3


def test_the_folder_of_another_record_is_refused_by_both_names_before_any_work(weights, rules, tmp_path, monkeypatch):
    first, other = (recorded(file, rules, tmp_path) for file in weights)
    theirs = folder_of(first, tmp_path)
    monkeypatch.setattr(map_sources, "stored_maps", no_prediction)
    with pytest.raises(DataError) as error:
        of_record(other, maps=theirs)
    assert str(theirs) in str(error.value)
    assert all(f"weights {record.weights.sha256[:12]}" in str(error.value) for record in (first, other))
    before = {path: path.read_bytes() for path in theirs.iterdir()}
    [outcome] = run(
        [TINY],
        [SPOTS],
        rules,
        [0],
        Settings(out=tmp_path / "new", weights=str(weights[1]), maps=theirs, weights_of_another_protocol=True),
    )
    assert outcome.state == "failed" and "holds the score maps of tiny on spots" in outcome.error
    assert {path: path.read_bytes() for path in theirs.iterdir()} == before


def test_a_folder_that_was_renamed_to_another_s_is_refused(weights, rules, tmp_path):
    first, other = (recorded(file, rules, tmp_path) for file in weights)
    theirs, place = folder_of(first, tmp_path), folder_of(other, tmp_path)
    shutil.rmtree(place)
    theirs.rename(place)
    with pytest.raises(DataError, match="holds the score maps of"):
        of_record(other, maps=tmp_path / "maps")


def test_of_what_was_recorded_without_its_maps_it_is_said_that_none_are_made(weights, rules, tmp_path):
    chosen = Settings(out=tmp_path / "out", weights=str(weights[0]))
    [outcome] = run([TINY], [SPOTS], rules, [0], chosen)
    assert outcome.state == "done"
    with pytest.warns(UserWarning, match="recorded before, and .* has no maps; --force makes them"):
        assert run_with(weights[0], rules, tmp_path).state == "recorded"
    recorded(weights[0], rules, tmp_path, force=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run_with(weights[0], rules, tmp_path).state == "recorded"


def stopped_at_test2(path, data):
    """In place of `atomic_write`."""
    if path.stem == "test2":
        raise KeyboardInterrupt
    atomic_write(path, data)


@pytest.mark.parametrize("forced", [False, True])
def test_maps_of_an_interrupted_run_are_not_taken_for_whole(weights, rules, tmp_path, monkeypatch, forced):
    """Also where an earlier run had written all of them."""
    if forced:
        recorded(weights[0], rules, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("istdbench.scoring.maps.atomic_write", stopped_at_test2)
        with pytest.raises(KeyboardInterrupt):
            run_with(weights[0], rules, tmp_path, force=True)
    [folder] = folders(tmp_path)
    for name in ("test0", "test1", "test2"):
        np.save(folder / f"{name}.npy", np.ones_like(Spots().load(name).image))
    with pytest.raises(DataError, match="did not write all of its score maps; run it again with --force"):
        of_folder(folder, build_dataset(SPOTS))
    record = recorded(weights[0], rules, tmp_path / "elsewhere")
    source = of_record(record, weights=weights[0], maps=tmp_path / "maps")
    drawn = CurveCollector()
    source.show(drawn)  # made again, and kept
    assert drawn.curves.values() == pytest.approx(curve_values(of_record(record, weights=weights[0])))
    of_folder(folder, build_dataset(SPOTS))


def test_a_map_that_changed_is_refused_by_record_and_folder(weights, rules, tmp_path):
    record = recorded(weights[0], rules, tmp_path)
    [folder] = folders(tmp_path)
    np.save(folder / "test1.npy", np.load(folder / "test1.npy")[::-1])
    for opened in (
        lambda: of_record(record, maps=tmp_path / "maps"),
        lambda: of_folder(folder, build_dataset(SPOTS)),
        lambda: record_predictions(folder, SPOTS, About(parse_spec("mine")), Store(tmp_path / "o"), protocol=rules),
    ):
        with pytest.raises(DataError, match="1 of 3 score maps are not as the run wrote them: test1"):
            opened()


def test_a_damaged_about_is_refused_by_its_name(weights, rules, tmp_path):
    record = recorded(weights[0], rules, tmp_path)
    [folder] = folders(tmp_path)
    (folder / ABOUT).write_text('{"key": 1')
    for opened in (lambda: of_record(record, maps=tmp_path / "maps"), lambda: of_folder(folder, build_dataset(SPOTS))):
        with pytest.raises(DataError, match="maps.json: does not say whose maps these are"):
            opened()


def test_maps_of_other_data_are_refused_and_anyone_s_are_scored(weights, rules, tmp_path):
    recorded(weights[0], rules, tmp_path)
    [folder] = folders(tmp_path)
    with pytest.raises(DataError, match=r"maps of tiny on spots .* not of others, data fingerprint others-1"):
        of_folder(folder, build_dataset(parse_spec("others")))
    (folder / ABOUT).unlink()
    counts = Counts(0.5)
    of_folder(folder, build_dataset(parse_spec("others"))).show(counts)
    assert len(counts.by_name) == 3


def test_verify_refuses_maps_and_weights_that_it_would_not_look_at(weights, rules, tmp_path):
    record = recorded(weights[0], rules, tmp_path)
    store = Store(tmp_path / "out" / RECORDS)
    with pytest.raises(UsageError, match="leave --maps out"):
        verify(store, record, weights=weights[0], maps=tmp_path / "maps")
    [folder] = folders(tmp_path)
    mine = record_predictions(folder, SPOTS, About(parse_spec("mine")), store, protocol=rules)
    assert verify(store, mine, maps=folder).exact
    with pytest.raises(UsageError, match="leave --weights out"):
        verify(store, mine, weights=weights[0])
