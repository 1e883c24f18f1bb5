"""A recorded number made again: the same bits, a changed record, another machine."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from tiny_training import TINY, Spots, tiny_job

from istdbench.errors import DataError, IstdbenchError, UsageError, WeightsError
from istdbench.files import sha256_file
from istdbench.metrics.counts import from_table
from istdbench.metrics.declared import METRIC_VERSION
from istdbench.registry import METRICS
from istdbench.results import MetricsInfo, Store
from istdbench.runs import from_record, verify
from istdbench.runs import run as run_module
from istdbench.runs.run import Settings, run
from istdbench.runs.to_record import provenance, values_of
from istdbench.spec import parse_spec
from istdbench.statistics import count_table


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store with the record of the tiny method, trained here."""

    class Methods:
        @staticmethod
        def get(name):
            return TINY

    monkeypatch.setattr("istdbench.results.provenance.git_state", lambda package: ("f" * 40, False))
    monkeypatch.setattr(run_module, "make_job", lambda method, data, protocol, seed, *changes: tiny_job(seed))
    monkeypatch.setattr(from_record, "METHODS", Methods)
    monkeypatch.setattr(from_record, "build_dataset", lambda spec: Spots())
    settings = Settings(out=tmp_path / "out", train=True, best_on_test=True)
    [outcome] = run([parse_spec("tiny")], [parse_spec("spots")], None, (0,), settings)
    assert outcome.state == "done", outcome.error
    return Store(tmp_path / "out" / "records")


def verified(store, **options):
    [record] = map(store.load, store.paths())
    return verify.verify(store, record, **options)


def edit(store, change):
    """Change the one record's JSON, where it stands."""
    [path] = store.paths()
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def with_other_counts(store, column, add):
    """Rewrite the table of the one record, add to a column of its first image, and make values and hash fit it."""
    [record] = store.load_all()
    frame = store.per_image(record)
    frame.loc[0, column] += add
    counts = dict(zip(frame["name"], from_table(count_table(frame)), strict=True))
    metrics = MetricsInfo(version=METRIC_VERSION, **values_of(counts, METRICS.all(), record.dataset))
    store.save(record.model_copy(update={"metrics": metrics}), frame)


def test_the_same_machine_gives_the_same_bits(store):
    result = verified(store)
    assert result.exact and result.reproduced
    assert result.elsewhere == ()


def test_every_metric_has_its_interval_in_the_record(store):
    [record] = store.load_all()
    assert record.metrics.intervals.keys() == record.metrics.values.keys()
    low, high = record.metrics.intervals["Pd"]
    assert low <= record.metrics.values["Pd"] <= high


@pytest.mark.parametrize("backend", ["torch", "reference"])
def test_the_scan_backend_is_recorded(monkeypatch, backend):
    monkeypatch.setenv("ISTDBENCH_SCAN", backend)
    assert provenance("cpu").scan == backend


def test_best_on_test_is_what_trying_every_threshold_gives(store):
    """The slow way: IoU over all pixels at each distinct score of the recorded method's own maps."""
    [record] = store.load_all()
    job = from_record.recorded_job(record)
    predict = from_record.recorded_predictor(record, job)
    samples = [job.dataset.load(name) for name in job.test_names]
    scores = np.concatenate([predict(sample).score.ravel() for sample in samples])
    masks = np.concatenate([sample.mask.ravel() for sample in samples])
    best = record.metrics.best_on_test
    slow = max((masks & (scores > t)).sum() / (masks | (scores > t)).sum() for t in np.unique(scores)[:-1])
    at_it = (masks & (scores > best.threshold)).sum() / (masks | (scores > best.threshold)).sum()
    assert best.iou == pytest.approx(slow) == pytest.approx(at_it)
    assert best.iou >= record.metrics.values["IoU"]


def test_a_record_without_best_on_test_is_run_again_when_it_is_asked_for(store, tmp_path):
    edit(store, lambda data: data["metrics"].update(best_on_test=None))
    specs = [parse_spec("tiny")], [parse_spec("spots")], None, (0,)
    assert [outcome.state for outcome in run(*specs, Settings(out=tmp_path / "out"))] == ["recorded"]
    asked = Settings(out=tmp_path / "out", best_on_test=True)
    assert [outcome.state for outcome in run(*specs, asked)] == ["done"]
    assert [outcome.state for outcome in run(*specs, asked)] == ["recorded"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda data: data["metrics"]["values"].update(IoU=0.99), "IoU"),
        (lambda data: data["metrics"]["intervals"].update(Pd=[0.98, 0.99]), "interval of Pd"),
        (lambda data: data["dataset"].update(images=99), "number of images"),
        (lambda data: data["protocol"]["config"]["scoring"].update(threshold=0.9), "protocol"),
        (lambda data: data["metrics"].update(second_grid={"side": 512, "values": {"IoU": 0.9}}), "second grid"),
    ],
    ids=["value", "interval", "images", "protocol", "second grid"],
)
def test_a_record_that_contradicts_itself_is_refused_and_says_where(store, change, named):
    edit(store, change)
    with pytest.raises(DataError, match=f"changed since it was written: {named} not as"):
        verified(store)


def test_a_changed_table_is_refused(store):
    [table] = store.root.rglob("*.csv")
    table.write_text(table.read_text().replace("test0", "test9"))
    with pytest.raises(IstdbenchError, match="changed since its record was written"):
        verified(store)


def test_a_lie_that_is_consistent_does_not_come_out_again(store):
    with_other_counts(store, "true_positive", 1)
    result = verified(store)
    assert "IoU" in result.metrics and "Pd" not in result.metrics
    assert list(result.images) == ["test0"] and list(result.images["test0"]) == ["true_positive"]
    recorded_count, now = result.images["test0"]["true_positive"]
    assert recorded_count == now + 1


def test_any_change_on_the_same_machine_is_a_failure(store):
    with_other_counts(store, "pixels", 1)
    result = verified(store, tolerance=1.0)
    assert result.allowed and not result.reproduced


def test_another_machine_is_named_and_has_a_tolerance(store):
    with_other_counts(store, "true_positive", 1)
    edit(store, lambda data: data["provenance"].update(cpu="Abacus 9000", threads=64))
    result = verified(store, tolerance=1.0)
    assert [text.split(", now")[0] for text in result.elsewhere] == ["cpu: Abacus 9000", "threads: 64"]
    assert result.reproduced and not result.exact
    assert not verified(store, tolerance=1e-9).reproduced


def test_code_that_was_not_committed_counts_as_elsewhere(store):
    edit(store, lambda data: data["provenance"].update(dirty=True))
    assert verified(store).elsewhere == ("code: not as committed, then or now",)


def test_other_weights_are_refused(store, tmp_path):
    [weights] = (tmp_path / "home" / "weights").rglob("*.safetensors")
    weights.write_bytes(weights.read_bytes() + b" ")
    with pytest.raises(WeightsError, match="no weights with SHA-256"):
        verified(store)


def test_weights_are_taken_where_they_are_named(store, tmp_path):
    [weights] = (tmp_path / "home" / "weights").rglob("*.safetensors")
    moved = weights.rename(tmp_path / "mine.safetensors")
    assert sha256_file(moved) == store.load_all()[0].weights.sha256
    assert verified(store, weights=moved).exact


def test_another_split_of_the_same_images_is_refused(store, monkeypatch):
    class Other(Spots):
        def splits(self):
            return {name: {**parts, "val": ()} for name, parts in super().splits().items()}

    monkeypatch.setattr(from_record, "build_dataset", lambda spec: Other())
    with pytest.raises(DataError, match="another split_hash now"):
        verified(store)


def test_another_metric_version_is_refused_with_the_revision_that_made_it(store, monkeypatch):
    monkeypatch.setattr("istdbench.runs.consistency.METRIC_VERSION", 9)
    with pytest.raises(UsageError, match="computes version 9; verify it with the code that made it"):
        verified(store)


def test_a_metric_that_is_not_registered_is_named(store):
    edit(store, lambda data: data["metrics"]["values"].update(theirs=0.5))
    with pytest.raises(UsageError, match="not registered here: theirs"):
        verified(store)


@pytest.mark.parametrize("tolerance", [math.nan, math.inf, -1.0, 2.0])
def test_a_tolerance_that_is_none_is_refused(store, tolerance):
    with pytest.raises(UsageError, match="a relative change from 0 to 1"):
        verified(store, tolerance=tolerance)
