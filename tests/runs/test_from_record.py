"""From a record back to its predictor: the same weights or none, the same data, the same options."""

import numpy as np
import pytest
from tiny_training import TINY, Spots, tiny_job

from istdbench.errors import DataError, IstdbenchError, WeightsError
from istdbench.results import read_record
from istdbench.runs import from_record
from istdbench.runs import run as run_module
from istdbench.runs.from_record import recorded_job, recorded_predictor
from istdbench.runs.run import Settings, run
from istdbench.scoring.image_counts import count_images, metric_values
from istdbench.spec import parse_spec


@pytest.fixture
def record(tmp_path, monkeypatch):
    """The record of the tiny method, trained here."""

    class Methods:
        @staticmethod
        def get(name):
            return TINY

    monkeypatch.setattr(run_module, "make_job", lambda method, data, protocol, seed, *changes: tiny_job(seed))
    monkeypatch.setattr(from_record, "METHODS", Methods)
    monkeypatch.setattr(from_record, "build_dataset", lambda spec: Spots())
    [_] = run([parse_spec("tiny")], [parse_spec("spots")], None, (0,), Settings(out=tmp_path / "out", train=True))
    [path] = (tmp_path / "out" / "records").rglob("*.json")
    return read_record(path)


@pytest.fixture
def weights(record, tmp_path):
    """The weights' file."""
    [path] = (tmp_path / "home" / "weights").rglob("*.safetensors")
    return path


def test_the_predictor_makes_the_recorded_values_again(record):
    job = recorded_job(record)
    counts = count_images(recorded_predictor(record, job), job.dataset, job.test_names, 0.5)
    assert metric_values(counts) == pytest.approx(record.metrics.values)


def test_weights_that_were_moved_are_taken_where_they_are_named(record, weights, tmp_path):
    sample = recorded_job(record).dataset.load("test0")
    before = recorded_predictor(record, recorded_job(record))(sample).score
    moved = weights.rename(tmp_path / "mine.safetensors")
    with pytest.raises(WeightsError, match="put their file at .* or name it with --weights"):
        recorded_predictor(record, recorded_job(record))
    np.testing.assert_array_equal(recorded_predictor(record, recorded_job(record), moved)(sample).score, before)


def test_other_weights_in_the_same_place_are_refused(record, weights):
    weights.write_bytes(weights.read_bytes() + b" ")
    with pytest.raises(WeightsError, match=r"no weights with SHA-256 [0-9a-f]{12}"):
        recorded_predictor(record, recorded_job(record))
    with pytest.raises(WeightsError):
        recorded_predictor(record, recorded_job(record), weights)


def test_data_that_changed_are_refused(record, monkeypatch):
    monkeypatch.setattr(from_record, "build_dataset", lambda spec: Spots(fingerprint="spots-2"))
    with pytest.raises(DataError, match="other files than when this was recorded"):
        recorded_job(record)


def test_options_or_a_protocol_that_mean_something_else_are_refused(record):
    method = record.method.model_copy(update={"options": {"width": 5}})
    with pytest.raises(IstdbenchError, match="options mean something else now"):
        recorded_job(record.model_copy(update={"method": method}))
    protocol = record.protocol.model_copy(update={"config": {**record.protocol.config, "gone": 1}})
    with pytest.raises(IstdbenchError, match="another version of istdbench"):
        recorded_job(record.model_copy(update={"protocol": protocol}))
