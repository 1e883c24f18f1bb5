"""A training that is struck at any file operation ends, when it is called again, as if nothing had happened."""

import csv
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from killing import Verb, at_points
from tiny_training import ADVERSARIAL, RECIPE, register_tiny, tiny_protocol_file

from istdbench.jobs.job import make_job
from istdbench.jobs.weights import load_weights, trained_path
from istdbench.locks import Lock
from istdbench.spec import parse_spec
from istdbench.training import checkpoint
from istdbench.training.logs import training_folder

RECIPES = {"tiny": RECIPE | {"ema": 0.9}, "generating": RECIPE | ADVERSARIAL}


def register() -> None:
    """In the process that trains: a checkpoint each step, so that there are many to be struck at."""
    register_tiny(pytest.MonkeyPatch())
    checkpoint.SECONDS_APART = 0


@dataclass
class Training:
    """One training in one home, and what it comes to undisturbed."""

    verb: Verb
    weights_file: Path
    log: Path

    def weights(self):
        return load_weights(self.weights_file)[0]

    def losses(self):
        return [(row["epoch"], row["loss"]) for row in csv.DictReader(self.log.read_text().splitlines())]

    def kept(self):
        return sorted(str(path.relative_to(self.verb.under)) for path in self.verb.under.rglob("*"))


@pytest.fixture
def training(request, tmp_path, monkeypatch, own_home):
    register_tiny(monkeypatch)
    protocol = tiny_protocol_file(tmp_path, training=RECIPES[request.param])
    job = make_job(parse_spec(request.param), parse_spec("spots"), protocol)
    line = f"train {request.param} --dataset spots --protocol {protocol} --no-score"
    return Training(Verb(line, own_home, register), trained_path(job), training_folder(job) / "log.csv")


CODES = {"kill": -signal.SIGKILL, "tear": -signal.SIGXFSZ, "full disk": 1}


@pytest.mark.parametrize(
    ("training", "fault"),
    [("tiny", "kill"), ("tiny", "tear"), ("tiny", "full disk"), ("generating", "kill")],
    indirect=["training"],
)
@at_points
def test_a_training_that_was_struck_is_taken_up_to_the_same_bits(training, fault, sample):
    ended = training.verb.run()
    assert ended.code == 0, ended.output
    weights, losses, kept, told = training.weights(), training.losses(), training.kept(), []
    for at in sample(ended.operations):
        shutil.rmtree(training.verb.under)
        struck = training.verb.strike(at, fault)
        again = training.verb.run()
        where = (at, ended.operations[at - 1], struck.output, again.output)
        assert struck.code in (CODES[fault], 0) and "Traceback" not in struck.output, where
        assert struck.code != 1 or "No space left on device" in struck.output, where
        assert again.code == 0, where
        assert all(torch.equal(tensor, training.weights()[name]) for name, tensor in weights.items()), where
        assert training.losses() == losses, where
        assert training.kept() == kept, where
        told.append(struck.code)
    assert CODES[fault] in told
    [lock] = training.verb.under.rglob("*.lock")
    assert not Lock(lock, "").is_held()
