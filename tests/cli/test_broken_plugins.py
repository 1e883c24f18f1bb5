"""Verbs beside plugins that end, raise, print, wander or change what they are handed: the rest works, and is right."""

import json
import multiprocessing
import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from istdbench.datasets.dataset import Dataset, DatasetEntry
from istdbench.methods.method import Classical
from istdbench.methods.thresholds import half_max
from istdbench.metrics.metric import Metric, Ratio
from istdbench.registry import BUILT_IN, DATASETS, METHODS, METRICS, REPORTERS
from istdbench.reports.reporter import Reporter

PACKAGE = "my-package 1.0 (mine)"
KINDS = {"method": METHODS, "dataset": DATASETS, "metric": METRICS, "reporter": REPORTERS}
ENDS = [SystemExit(0), GeneratorExit(), BaseException("odd")]


@pytest.fixture
def register(monkeypatch):
    """Registers an entry as one of a package's."""

    def add(kind, entry):
        monkeypatch.setitem(KINDS[kind]._found, entry.name, (PACKAGE, entry))

    return add


@pytest.fixture
def responds(register):
    """Registers a classical method by its response."""

    def add(name, response):
        register("method", Classical(name=name, summary="", paper="", response=response, threshold=half_max()))

    return add


class MuteError(Exception):
    """An exception that has no text to show."""

    def __str__(self):
        raise RuntimeError("no text")


def metric_of(formula, name="mine") -> Metric:
    return Metric(name=name, label="Mine", summary="", higher_is_better=True, formula=formula, bounds=(0, 5))


def raises(error):
    def act(*_, **__):
        raise error

    return act


def run_of(methods, dataset) -> str:
    return f"run --methods {methods} --dataset {dataset} --probes none --no-isolate"


def values_of(result) -> dict[str, dict[str, float]]:
    return {record["method"]["name"]: record["metrics"]["values"] for record in json.loads(result.stdout)}


@pytest.mark.parametrize("error", ENDS, ids=repr)
def test_a_method_that_would_end_the_program_is_named_and_the_others_run(istdbench, responds, spots, error):
    responds("ends", raises(error))
    result = istdbench(f"{run_of('ends,tophat', f'folder:{spots}')}", code=1)
    what = "called sys.exit(0)" if isinstance(error, SystemExit) else f"raised {type(error).__name__}"
    assert f"error: ends on folder:{spots} by native, seed 0: method ends {what}" in result.stderr
    assert "done: tophat" in result.stderr


@pytest.mark.parametrize("where", ["build", "splits", "load"])
def test_a_data_set_that_would_end_the_program_is_named(istdbench, register, where):
    class Ends(Dataset):
        name, fingerprint = "ends", "1"

        def splits(self):
            return raises(SystemExit(0))() if where == "splits" else {"official": {"test": ("a",)}}

        def load(self, name):
            sys.exit(0)

    build = raises(SystemExit(0)) if where == "build" else lambda spec: Ends()
    register("dataset", DatasetEntry("ends", "", build))
    result = istdbench(run_of("tophat", "ends"), code=1)
    assert "called sys.exit(0)" in result.stderr and "data set ends" in result.stderr


def ends_by_os_exit(*_):
    os._exit(0)


def test_a_method_that_ends_the_process_in_a_verb_that_isolates_none_is_said(istdbench, responds, spots):
    responds("ends", ends_by_os_exit)
    result = istdbench(f"predict {spots / 'images'} --method ends --out found", code=1)
    assert "error: method ends called os._exit(0)" in result.stderr and "test_broken_plugins.py" in result.stderr
    assert not list(Path("found").glob("*.csv"))


def test_a_data_set_that_ends_the_process_is_said(istdbench, register, spots, tmp_path):
    class Ends(Dataset):
        name, fingerprint = "ends", "1"

        def splits(self):
            return {"official": {"test": ("a",)}}

        load = ends_by_os_exit

    register("dataset", DatasetEntry("ends", "", lambda spec: Ends()))
    (tmp_path / "maps").mkdir()
    np.save(tmp_path / "maps" / "a.npy", np.ones((9, 9)))
    assert "called os._exit(0)" in istdbench("curves maps --dataset ends", code=1).stderr


def test_processes_that_a_plugin_starts_end_as_they_do(istdbench, responds, spots):
    def forks(image):
        process = multiprocessing.get_context("fork").Process(target=ends_by_os_exit)
        process.start()
        process.join()
        assert process.exitcode == 0
        return np.abs(image)

    responds("forks", forks)
    istdbench(f"predict {spots / 'images'} --method forks --out found")


@pytest.mark.parametrize(
    ("error", "text"), [(ValueError("no luck"), "ValueError: no luck"), (MuteError(), "MuteError: <its text")]
)
def test_a_method_that_raises_in_a_verb_is_named_before_its_traceback(istdbench, responds, spots, error, text):
    responds("broken", raises(error))
    result = istdbench(f"predict {spots / 'images'} --method broken --out found", code=1)
    assert f"error: method broken: {text}" in result.stderr
    assert "Traceback" in result.stderr and "test_broken_plugins.py" in result.stderr
    assert f"tophat on folder:{spots}" in istdbench(run_of("broken,tophat", f"folder:{spots}"), code=1).stderr


def test_a_data_set_whose_build_raises_is_a_sentence(istdbench, register):
    register("dataset", DatasetEntry("odd", "", raises(RuntimeError("no luck"))))
    result = istdbench(run_of("tophat", "odd"), code=1)
    assert f"error: data set odd of {PACKAGE} could not be built: RuntimeError: no luck" in result.stderr


def test_a_protocol_file_that_would_end_the_program_is_named(istdbench, spots, tmp_path):
    (tmp_path / "p.py").write_text("import sys\nsummary = 'x'\nsys.exit(0)\n")
    result = istdbench(f"run --methods tophat --dataset folder:{spots} --protocol p.py", code=2)
    assert "protocol file p.py called sys.exit(0)" in result.stderr


def test_a_verb_in_which_a_plugin_ends_the_program_says_so_and_fails(istdbench, register, spots):
    istdbench(run_of("tophat", f"folder:{spots}"))
    register("metric", metric_of(raises(SystemExit(0))))
    register("reporter", Reporter("mine", "", raises(SystemExit(0))))
    assert "reporter mine: reporter mine called sys.exit(0)" in istdbench("leaderboard", code=1).stderr


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        (raises(ZeroDivisionError("no targets")), "ZeroDivisionError: no targets"),
        (raises(SystemExit(0)), "metric mine called sys.exit(0)"),
        (Ratio(lambda image: image.targets, lambda image: image.nothing), "AttributeError: 'ImageCounts' object"),
        (lambda counts: None, "it returned None; return a finite number"),
        (lambda counts: float("inf"), "it returned inf; return a finite number"),
        (lambda counts: "0.5", "it returned '0.5'; return a finite number"),
        (lambda counts: np.complex64(0.5 + 1j), "it returned np.complex64(0.5+1j); return a finite number"),
        (lambda counts: 7.0, "it returned 7.0, and is declared to lie in 0 to 5"),
    ],
)
def test_a_metric_that_fails_fails_alone(istdbench, register, spots, tmp_path, formula, why):
    right = values_of(istdbench(run_of("tophat", f"folder:{spots} --json")))["tophat"]
    register("metric", metric_of(formula))
    result = istdbench(run_of("tophat,mpcm", f"folder:{spots} --force --json"), code=1)
    assert f"tophat on folder:{spots} by native, seed 0: metric mine: {why}" in result.stderr
    assert values_of(result)["tophat"] == right and "mpcm" in values_of(result)
    assert why in json.loads(result.stdout)[0]["metrics"]["failed"]["mine"]
    [board] = (tmp_path / "leaderboards").glob("*.md")
    assert " failed |" in board.read_text() and "Metric mine failed: " in board.read_text()


def test_a_metric_that_failed_is_computed_again_once_it_is_mended(istdbench, register, spots):
    register("metric", metric_of(raises(ValueError("not yet"))))
    line = run_of("tophat", f"folder:{spots} --json")
    istdbench(line, code=1)
    register("metric", metric_of(len))
    assert values_of(istdbench(line))["tophat"]["mine"] == 3
    assert "recorded: tophat" in istdbench(line).stderr


def test_a_metric_that_fails_in_score_fails_alone(istdbench, register, spots, tmp_path):
    istdbench(run_of("tophat", f"folder:{spots} --maps maps"))
    [folder] = (tmp_path / "maps").glob("*/*")
    register("metric", metric_of(raises(ValueError("no"))))
    result = istdbench(f"score {folder} --dataset folder:{spots}", code=1)
    assert "Pd" in result.stdout and "metric mine failed: ValueError: no" in result.stderr
    assert "Pd" in json.loads(istdbench(f"score {folder} --dataset folder:{spots} --json", code=1).stdout)


def test_a_reporter_that_raises_is_named_and_the_others_write(istdbench, register, spots, tmp_path):
    register("reporter", Reporter("mine", "", raises(KeyError("x"))))
    result = istdbench(run_of("tophat", f"folder:{spots}"), code=1)
    assert "error: reporter mine: KeyError: 'x'" in result.stderr
    assert "tophat" in next((tmp_path / "leaderboards").glob("*.md")).read_text()


def test_what_is_printed_in_a_job_leaves_json_alone(istdbench, responds, spots):
    def loud(image):
        print("in forward")
        return np.abs(image)

    responds("loud", loud)
    result = istdbench(run_of("loud", f"folder:{spots} --json"))
    assert list(values_of(result)) == ["loud"] and "in forward" in result.stderr


def test_a_plugin_that_goes_elsewhere_takes_no_record_along(istdbench, responds, register, tmp_path, spots):
    (tmp_path / "elsewhere").mkdir()

    def wanders(image):
        os.chdir(tmp_path / "elsewhere")
        return np.abs(image)

    def writes(records, entries, folder):
        os.chdir(tmp_path / "elsewhere")
        return []

    responds("wanders", wanders)
    register("reporter", Reporter("mine", "", writes))
    register("metric", metric_of(lambda counts: os.chdir(tmp_path / "elsewhere") or 1.0))
    result = istdbench(run_of("wanders,tophat", "folder:spots --maps maps"))
    assert result.stderr.count("done: ") == 2
    assert len(list((tmp_path / "leaderboards" / "records").rglob("*.json"))) == 2
    assert (tmp_path / "leaderboards" / "folder-spots.md").is_file()
    assert len(list((tmp_path / "maps").rglob("*.npy"))) == 6
    assert not list((tmp_path / "elsewhere").iterdir()) and Path.cwd() == tmp_path


def test_what_a_job_changes_is_put_back_and_a_built_in_s_number_stays(istdbench, responds, spots):
    right = values_of(istdbench(run_of("tophat", f"folder:{spots} --json")))["tophat"]
    before = torch.get_default_dtype(), torch.get_num_threads(), np.geterr(), random.getstate(), dict(os.environ)

    def changes(image):
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(2)
        np.seterr(all="raise")
        random.seed(1)
        os.environ["OMP_NUM_THREADS"] = "9"
        image[:] = 0
        return np.abs(image)

    responds("changes", changes)
    result = istdbench(run_of("changes,tophat", f"folder:{spots} --json --force"))
    after = torch.get_default_dtype(), torch.get_num_threads(), np.geterr(), random.getstate(), dict(os.environ)
    assert after == before
    assert values_of(result)["tophat"] == right
    [told] = [
        line for line in result.stderr.splitlines() if line.startswith("warning: ") and "so that nothing" not in line
    ]
    assert f"method changes of {PACKAGE} changed torch's default dtype (torch.float32 became torch.float64)" in told
    assert "torch's threads" in told and "the environment (OMP_NUM_THREADS)" in told and "put back" in told


def test_built_in_methods_are_not_isolated_and_strangers_are(monkeypatch):
    from types import SimpleNamespace

    from istdbench.runs.isolation import is_apart

    monkeypatch.setitem(METHODS._found, "mine", (PACKAGE, METHODS.get("tophat")))
    own, other = (SimpleNamespace(method=SimpleNamespace(name=name)) for name in ("tophat", "mine"))
    assert METHODS.origin("tophat") == BUILT_IN
    assert [is_apart(job, None) for job in (own, other)] == [False, True]
    assert [is_apart(job, choice) for job in (own, other) for choice in (False, True)] == [False, True] * 2
