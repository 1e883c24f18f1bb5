"""The main job: what it records, what it does again, what a failure does to the others."""

import re
import time

import pytest
import torch
from tiny_training import register_tiny, tiny_job, tiny_protocol_file

from istdbench.errors import UsageError
from istdbench.files import sha256_file
from istdbench.jobs.weights import load_weights, save_weights, trained_path
from istdbench.probes.probe import Probe, ProbeError
from istdbench.registry import METRICS, REPORTERS
from istdbench.reports.writing import write_reports
from istdbench.results import Store
from istdbench.runs import job_counts
from istdbench.runs import run as run_module
from istdbench.runs.run import Settings, run
from istdbench.runs.verify import verify
from istdbench.spec import parse_spec
from istdbench.training.train import train

TINY, SPOTS = [parse_spec("tiny")], [parse_spec("spots")]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "make_job", lambda method, data, protocol, seed, *changes: tiny_job(seed))
    return Settings(out=tmp_path / "out", train=True)


def outcomes_of(settings, seeds=(0,)):
    return list(run(TINY, SPOTS, None, seeds, settings))


def test_a_learned_method_is_trained_scored_and_recorded_with_its_weights(settings):
    [outcome] = outcomes_of(settings)
    record = outcome.record
    assert (outcome.state, record.weights.source) == ("done", "trained")
    assert record.weights.training["epochs"] == 3
    assert (record.dataset.images, record.protocol.hash) == (3, tiny_job().protocol.hash)
    table = Store(settings.out / "records").per_image(record)
    assert list(table["name"]) == ["test0", "test1", "test2"]
    assert table["targets"].sum() == 3


def test_weights_that_were_trained_twice_are_one_row_and_verify_finds_them(settings, monkeypatch):
    """The clock of the second training runs a thousand times as fast."""
    [first] = outcomes_of(settings)
    clock = time.perf_counter
    with monkeypatch.context() as patch:
        patch.setattr(time, "perf_counter", lambda: 1000 * clock())
        train(tiny_job(), restart=True)
    [again] = outcomes_of(settings)
    assert (first.state, again.state) == ("done", "recorded")
    [board] = write_reports(settings.out, REPORTERS.all(), METRICS.all())
    assert len([line for line in board.read_text().splitlines() if line.startswith("| tiny")]) == 1
    register_tiny(monkeypatch)
    assert verify(Store(settings.out / "records"), first.record).reproduced


def test_each_seed_has_a_record_and_the_board_one_row_with_mean_and_deviation(settings):
    assert [outcome.state for outcome in outcomes_of(settings, (0, 1))] == ["done", "done"]
    [board] = write_reports(settings.out, REPORTERS.all(), METRICS.all())
    [row] = [line for line in board.read_text().splitlines() if line.startswith("| tiny")]
    assert "±" in row and "seed 0" in row and "seed 1" in row


def test_a_weights_file_that_is_named_is_taken_and_recorded_by_its_hash(settings, tmp_path, monkeypatch):
    outcomes_of(settings)
    [path] = (tmp_path / "home" / "weights").rglob("*.safetensors")
    moved = path.rename(tmp_path / "mine.safetensors")
    register_tiny(monkeypatch)
    named = Settings(out=tmp_path / "other", weights=str(moved))
    [outcome] = run(TINY, SPOTS, tiny_protocol_file(tmp_path), (0,), named)
    assert (outcome.record.weights.source, outcome.record.weights.sha256) == ("file", sha256_file(moved))
    assert load_weights(moved)[1].training.seed == 0


@pytest.mark.parametrize(("level", "said"), [(-50.0, "so that nothing is predicted"), (50.0, "100% of all pixels")])
def test_a_network_that_predicts_nothing_or_everything_is_told_of_by_its_job(level, said, settings):
    state, header = load_weights(train(tiny_job()))
    last = [name for name in state if name.endswith("bias")][-1]
    save_weights(trained_path(tiny_job()), state | {last: torch.full_like(state[last], level)}, header)
    with pytest.warns(UserWarning, match=f"^{re.escape(str(tiny_job()))}: .*{said}"):
        [outcome] = outcomes_of(settings)
    assert outcome.state == "done"


def test_a_stranger_s_exception_is_reported_with_its_traceback_and_the_next_seed_goes_on(settings, monkeypatch):
    real = job_counts.score_job
    calls = iter(range(9))

    def fails_once(*arguments, **more):
        return 1 / 0 if next(calls) == 0 else real(*arguments, **more)

    monkeypatch.setattr(job_counts, "score_job", fails_once)
    first, second = outcomes_of(settings, (0, 1))
    assert (first.state, second.state) == ("failed", "done")
    assert first.error == "ZeroDivisionError: division by zero" and "fails_once" in first.traceback


def test_a_probe_that_fails_is_a_note_and_the_number_stands(settings, monkeypatch):
    class Probes:
        @staticmethod
        def get(name):
            return Probe(name, "", lambda *_: {})

    def run_probe(probe, *_):
        if probe.name == "bad":
            raise ProbeError("killed")
        return {"value": 1.0}

    monkeypatch.setattr(run_module, "PROBES", Probes)
    monkeypatch.setattr(run_module, "run_probe", run_probe)
    [outcome] = outcomes_of(Settings(out=settings.out, train=True, probes=("good", "bad")))
    assert outcome.record.probes == {"good": {"value": 1.0}}
    assert outcome.notes == ["probe bad: killed"]


def test_wrong_names_are_refused_before_anything_runs(tmp_path):
    with pytest.raises(UsageError, match="unknown probe 'speed'"):
        run([parse_spec("tophat")], [parse_spec("synth")], None, (0,), Settings(out=tmp_path, probes=("speed",)))
    with pytest.raises(UsageError, match="no option 'sise'; did you mean 'size'"):
        run([parse_spec("tophat:sise=3")], [parse_spec("synth")], None, (0,), Settings(out=tmp_path))
    assert not list(tmp_path.iterdir())
