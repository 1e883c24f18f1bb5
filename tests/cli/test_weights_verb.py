"""`istdbench weights import` and `show`, and the way from a stranger's file to a scored record."""

from __future__ import annotations

import json

import pytest
import safetensors.torch
import torch
from typer.testing import CliRunner

from istdbench.cli import app
from istdbench.jobs.weights import load_weights, read_header
from istdbench.jobs.zoo_files import WEIGHTS, ZOO
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


def test_a_file_of_ours_keeps_its_header(verb, tmp_path):
    ours = ZOO / "nuaa" / "cpu512" / "mim_istd-seed0" / WEIGHTS
    done = verb(
        "weights", "import", ours, "--method", "mim_istd", "--input", INPUT, "--out", tmp_path / "x.safetensors"
    )
    assert done.exit_code == 2
    assert "give the file to --weights as it is" in done.output


def test_the_file_that_is_imported_stays(verb, theirs, tmp_path):
    path = tmp_path / "foreign.safetensors"
    safetensors.torch.save_file(torch.load(theirs, weights_only=True)["state_dict"], path)
    before = path.read_bytes()
    done = verb("weights", "import", path, "--method", "rpcanet", "--input", INPUT, "--out", path)
    assert (done.exit_code, path.read_bytes()) == (2, before)
    assert "this is the file that is imported" in done.output


def test_records_tell_two_sets_of_one_file_apart(verb, theirs, tmp_path):
    state = torch.load(theirs, weights_only=True)["state_dict"]
    torch.save({"model": state, "ema": state}, theirs)
    out = tmp_path / "new.safetensors"
    verb("weights", "import", theirs, "--method", "rpcanet", "--input", INPUT, "--key", "ema", "--out", out)
    assert read_header(out).for_record()["imported"]["key"] == "ema"


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


def test_the_list_says_what_is_claimed_of_released_weights_and_whether_they_are_here(verb):
    done = verb("weights", "list")
    assert done.exit_code == 0, done.output
    [first, second, *_] = [line for line in done.output.splitlines() if "nuaa official test" in line]
    assert first.split()[:6] == ["rpcanet", "nuaa", "IoU", "0.7037,", "F1", "0.8261"] and first.split()[-1] == "no"
    assert "Pd 0.9541, Fa 74.2" in second
    assert "rpcanet nuaa: trained on nuaa official trainval, the epoch chosen on nuaa official test." in done.output
    [listed] = [each for each in json.loads(verb("weights", "list", "--json").output) if each["method"] == "alcnet"]
    assert (listed["repository"], listed["at_hand"]) == ("YimianDai/open-alcnet", False)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (("run", "--methods", "acm", "--dataset", "synth", "--weights", "released"), "there are some of acm:stem=full"),
        (("export", "rpcanet", "--weights", "released", "--out", "it.onnx"), "several of rpcanet; there are"),
        (
            ("run", "--methods", "tophat", "--dataset", "synth", "--weights", "released"),
            "is classical: it has no weights",
        ),
    ],
)
def test_released_weights_that_are_not_there_are_wrong_usage(verb, line, why):
    done = verb(*line)
    assert done.exit_code == 2
    assert why in done.output


def test_released_weights_that_do_not_come_are_a_failure(verb, tmp_path, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_MIRROR", str(tmp_path / "nowhere"))
    done = verb("export", "alcnet", "--weights", "released", "--out", "it.onnx")
    assert done.exit_code == 1
    assert "alcnet released:nuaa: the mirror has no file" in done.output and "run the same command again" in done.output
