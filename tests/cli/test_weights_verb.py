"""`istdbench weights import` and `show`, and the way from a stranger's file to a scored record."""

from __future__ import annotations

import json

import pytest
import torch
from typer.testing import CliRunner

from istdbench.cli import app
from istdbench.jobs.weights import WEIGHTS, ZOO, load_weights, read_header
from istdbench.methods.convolutional.rpcanet import RPCANET

INPUT = "resize=none,mean=0,sd=255,pad=4"


@pytest.fixture
def verb():
    def call(*arguments: object):
        return CliRunner().invoke(app, list(map(str, arguments)))

    return call


@pytest.fixture
def theirs(tmp_path):
    """A checkpoint as others write it: our RPCANet under the released names, in a container."""
    back = (
        ("stages.", "module.decos."),
        (".background.proximal.", ".lowrank.convs."),
        (".target.gradient.", ".sparse.convs."),
        (".target.", ".sparse."),
        (".reconstruction.", ".merge.mapping."),
    )
    state = {}
    for name, tensor in RPCANET.build().state_dict().items():
        for ours, released in back:
            name = name.replace(ours, released)
        state[name] = tensor
    path = tmp_path / "theirs.pth.tar"
    torch.save({"epoch": 400, "state_dict": state, "optimizer": {"state": {0: {}}, "param_groups": [1]}}, path)
    return path


def test_from_a_checkpoint_to_a_scored_record(verb, theirs, spots, tmp_path):
    out = tmp_path / "new.safetensors"
    done = verb("weights", "import", theirs, "--method", "rpcanet", "--input", INPUT, "--threshold", 0.4, "--out", out)
    assert done.exit_code == 0, done.output
    assert "taken: 462 tensors in 'state_dict'" in done.output
    assert "beside them, not used: 3 (epoch = 400" in done.output
    header = read_header(out)
    assert (header.method, header.threshold, header.training) == ("rpcanet", 0.4, None)
    assert (header.input.resize, header.input.pad, header.input.mean, header.input.sd) == (None, 4, 0, 255)
    assert (header.imported.file, header.imported.key) == ("theirs.pth.tar", "state_dict")

    scored = verb("run", "--methods", "rpcanet", "--dataset", f"folder:{spots}", "--weights", out, "--probes", "none")
    assert scored.exit_code == 0, scored.output
    [path] = (tmp_path / "leaderboards" / "records").rglob("*.json")
    record = json.loads(path.read_text())
    assert record["weights"]["training"]["imported"]["file"] == "theirs.pth.tar"
    assert record["weights"]["input"]["sd"] == 255
    assert "imported from theirs.pth.tar" in scored.output


def test_show_ours_and_theirs(verb, theirs, tmp_path):
    shown = verb("weights", "show", theirs).output
    assert "not written by istdbench" in shown
    assert "462 tensors in 'state_dict'" in shown
    assert f"istdbench weights import {theirs} --method METHOD" in shown
    out = tmp_path / "new.safetensors"
    verb("weights", "import", theirs, "--method", "rpcanet", "--input", INPUT, "--out", out)
    shown = verb("weights", "show", out).output
    assert "weights of rpcanet" in shown
    assert "imported from theirs.pth.tar" in shown
    assert "over 255" in shown
    as_json = json.loads(verb("weights", "show", out, "--json").stdout)
    assert as_json["header"]["imported"]["file"] == "theirs.pth.tar"
    assert as_json["sets"][0]["shapes"]["stages.0.target.epsilon"] == [1]


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        ({"--input": None}, 2, "does not say resize, mean, sd"),
        ({"--method": "tophat"}, 2, "it has no weights"),
        ({"--method": "mshnet"}, 1, "do not fit mshnet"),
        ({"--out": "new.pth"}, 2, "one that ends in .safetensors"),
        ({"--threshold": "128"}, 2, "scores are in 0..1"),
        ({"--key": "ema"}, 1, "no set of tensors 'ema'"),
    ],
)
def test_what_cannot_be_taken_over_says_why(verb, theirs, change, code, why):
    given = {"--method": "rpcanet", "--input": INPUT, "--out": "new.safetensors"} | change
    said = [part for option, value in given.items() if value is not None for part in (option, value)]
    done = verb("weights", "import", theirs, *said)
    assert done.exit_code == code
    assert why in done.output


def test_the_refusals_of_run_name_the_way(verb, theirs, spots):
    refused = verb("run", "--methods", "rpcanet", "--dataset", f"folder:{spots}", "--weights", theirs)
    assert refused.exit_code != 0
    assert f"istdbench weights import {theirs}" in refused.output


def test_what_is_written_is_what_was_read(verb, theirs, tmp_path):
    out = tmp_path / "new.safetensors"
    verb("weights", "import", theirs, "--method", "rpcanet", "--input", INPUT, "--out", out)
    state, _ = load_weights(out)
    given = torch.load(theirs, weights_only=True)["state_dict"]
    assert torch.equal(state["stages.3.target.gradient.4.weight"], given["module.decos.3.sparse.convs.4.weight"])


def test_numbers_that_are_not_finite_are_refused(verb, theirs, tmp_path):
    held = torch.load(theirs, weights_only=True)
    held["state_dict"]["module.decos.3.sparse.convs.4.weight"][0] = float("nan")
    torch.save(held, theirs)
    done = verb(
        "weights", "import", theirs, "--method", "rpcanet", "--input", INPUT, "--out", tmp_path / "x.safetensors"
    )
    assert done.exit_code == 1
    assert "stages.3.target.gradient.4.weight: numbers that are not finite" in done.output


def test_show_weights_of_the_package(verb):
    shown = verb("weights", "show", ZOO / "nuaa" / "cpu512" / "mim_istd-seed0" / WEIGHTS).output
    assert "stretched to 512 x 512 pixels" in shown
    assert "trained on nuaa, split official, part trainval (341 images) by cpu512, seed 0: 350 epochs" in shown
