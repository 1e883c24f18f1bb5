"""Jobs in processes of their own: the same records as without, and whatever ends such a process ends no other."""

import importlib
import json
import os
import re
import subprocess
import sys

import pytest
from campaign_files import write_protocol

from istdbench.jobs.weights import load_weights
from istdbench.registry import METHODS

MODULE = """
import ctypes
import os
import sys
import warnings
import numpy as np
from torch import nn
from istdbench import hookimpl
from istdbench.methods.method import Classical, Learned
from istdbench.methods.thresholds import half_max

def loud(image):
    print("in forward")
    os.system("echo from a program")
    warnings.warn("careful")
    os.chdir("/")
    return np.abs(image - image.mean())

def leaves(image):
    os._exit(0)

def leaves_in_c(image):
    ctypes.CDLL(None)._exit(0)

def raises(image):
    raise ValueError("no luck")

def net():
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Dropout(0.1), nn.Conv2d(4, 1, 1))

def make(response):
    return Classical(name=response.__name__, summary="", paper="", response=response, threshold=half_max())

@hookimpl
def register_methods():
    return [*map(make, (loud, leaves, leaves_in_c, raises)), Learned(name="net", summary="", paper="", build=net)]
"""


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    """A package that this process and those that it starts see as installed."""
    folder = tmp_path / "packages"
    info = folder / "odd-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "odd_methods.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[istdbench]\nmine = odd_methods\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "odd_methods", raising=False)
    for method in importlib.import_module("odd_methods").register_methods():
        monkeypatch.setitem(METHODS._found, method.name, ("odd 1.0 (mine)", method))


def records_of(result) -> dict[str, dict]:
    """Records by their methods, without what says when and from where they were made."""
    found = {record["method"]["name"]: record for record in json.loads(result.stdout)}
    for record in found.values():
        del record["provenance"]["created"]
    return found


def test_strangers_run_apart_to_the_same_records_and_what_ends_one_ends_no_other(istdbench, spots, tmp_path):
    line = "--dataset folder:spots --probes none --best-on-test --json"
    apart = istdbench(f"run --methods leaves,raises,loud,tophat {line} --maps maps", code=1)
    job = "on folder:spots by native, seed 0"
    assert f"error: leaves {job}: its process ended with exit code 0 before it was done" in apart.stderr
    assert f"error: raises {job}: ValueError: no luck\nTraceback" in apart.stderr
    assert "warning: careful" in apart.stderr
    assert len(list((tmp_path / "maps").rglob("*.npy"))) == 6
    here = istdbench(f"run --methods loud,tophat {line} --no-isolate --force")
    assert records_of(apart) == records_of(here)


def test_a_stranger_is_trained_apart_to_the_same_bits(istdbench, spots, tmp_path, monkeypatch):
    protocol = write_protocol(spots, epochs=2)
    found = []
    for choice in ("", "--no-isolate"):
        monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / f"home{choice}"))
        line = f"run --methods net --dataset folder:spots --protocol {protocol} --train --probes none --json"
        [record] = records_of(istdbench(f"{line} --out out{choice} {choice}")).values()
        [path] = (tmp_path / f"home{choice}" / "weights").rglob("*.safetensors")
        found.append((record["metrics"], {key: value.tolist() for key, value in load_weights(path)[0].items()}))
    assert found[0] == found[1]


def test_a_verb_that_isolates_no_method_says_that_the_code_of_one_ended_it(spots, tmp_path):
    command = (sys.executable, "-m", "istdbench.cli", "predict", "spots/images", "--method", "leaves_in_c")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([*command, "--out", "found"], env=environment, capture_output=True, text=True)
    assert "error: this process was killed or ended in the middle of its work, as by _exit" in done.stderr
    assert re.search(r"it was a plugin: .*\bodd 1\.0 \(mine\)", done.stderr)
    assert not list((tmp_path / "found").glob("*.csv"))


def test_a_time_limit_isolates_every_job_and_is_told(istdbench, spots):
    result = istdbench("run --methods tophat --dataset folder:spots --probes none --time-limit 0.01s", code=1)
    assert "tophat on folder:spots by native, seed 0: not done after 0.01 s, its time limit" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--time-limit 5", "--time-limit '5': a time is needed, such as 90s"),
        ("--time-limit nan", "--time-limit 'nan': a time is needed"),
        ("--memory-limit much", "--memory-limit 'much': a number is needed"),
        ("--memory-limit nan", "--memory-limit 'nan': a number is needed"),
        ("--memory-limit -1G", "--memory-limit '-1G': a number is needed"),
        ("--no-isolate --time-limit 5s", "--no-isolate: limits are of a job's own process"),
    ],
)
def test_a_limit_that_is_none_is_wrong_usage(istdbench, spots, options, says):
    assert says in istdbench(f"run --methods tophat --dataset folder:spots {options}", code=2).stderr
