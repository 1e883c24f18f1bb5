"""`istdbench export` start to end, and the file in the hands of someone who has only NumPy and a runtime."""

import json
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
import torch
from typer.testing import CliRunner

import istdbench
from istdbench.cli import app
from istdbench.errors import IstdbenchError, UsageError
from istdbench.exporting import export as exporting
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec

CONV_INNER = parse_spec("conv_inner")


@pytest.fixture(scope="module")
def onnx_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "conv_inner.onnx"
    result = CliRunner().invoke(app, ["export", "conv_inner", "--weights", "nuaa", "--out", str(path)])
    assert result.exit_code == 0, result.output
    assert "largest difference of a score" in result.output
    return path


@pytest.fixture(scope="module")
def torchscript_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("torchscript") / "conv_inner.pt"
    exporting.export(CONV_INNER, "nuaa", path, "torchscript")
    return path


def stretched(image, height, width):
    """Bilinear, pixel centres on pixel centres, the border repeated; in NumPy alone."""

    def weights(size, wanted):
        places = np.clip((np.arange(wanted) + 0.5) * size / wanted - 0.5, 0, size - 1)
        low = np.minimum(places.astype(int), max(size - 2, 0))
        return low, np.minimum(low + 1, size - 1), (places - low).astype(np.float32)

    top, bottom, down = weights(image.shape[0], height)
    left, right, across = weights(image.shape[1], width)
    rows = image[top] * (1 - down)[:, None] + image[bottom] * down[:, None]
    return rows[:, left] * (1 - across) + rows[:, right] * across


def test_numpy_and_onnxruntime_give_the_map_of_the_detector(onnx_file):
    image = scene()
    session = onnxruntime.InferenceSession(str(onnx_file))
    about = json.loads(session.get_modelmeta().custom_metadata_map["istdbench"])
    side = about["before"]["resize"]
    [score] = session.run(None, {"image": stretched(image, side, side)[None, None].astype(np.float32)})
    found = stretched(score[0, 0], *image.shape)
    expected = istdbench.load("conv_inner", weights="nuaa")(image)
    assert expected.max() > about["threshold"]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def scene():
    """A real image where NUAA-SIRST is at hand, else a spot on noise."""
    try:
        dataset = build_dataset(parse_spec("nuaa"))
        return dataset.load(dataset.names("official", "test")[0]).image
    except IstdbenchError:
        rows, columns = np.mgrid[:200, :260]
        spot = 120 * np.exp(-((rows - 80) ** 2 + (columns - 130) ** 2) / 8)
        return (60 + spot + np.random.default_rng(0).normal(0, 3, spot.shape)).astype(np.float32)


def test_the_metadata_say_what_the_weights_file_says(onnx_file):
    about = json.loads(onnxruntime.InferenceSession(str(onnx_file)).get_modelmeta().custom_metadata_map["istdbench"])
    assert (about["method"], about["dataset"], about["protocol"]) == ("conv_inner", "nuaa", "cpu512")
    assert about["before"] == {"resize": 512, "interpolation": "bilinear"}
    assert about["inside"].keys() == {"pad", "mean", "sd", "channels"}
    assert len(about["weights_sha256"]) == 64 and about["istdbench"] == istdbench.__version__


def test_a_torchscript_file_loads_without_istdbench(torchscript_file, tmp_path):
    code = (
        "import sys, numpy, torch; sys.modules['istdbench'] = None\n"
        "extra = {'istdbench': ''}\n"
        f"network = torch.jit.load({str(torchscript_file)!r}, _extra_files=extra)\n"
        "score = network(torch.arange(96.0 * 80).view(1, 1, 96, 80) % 200)\n"
        f"numpy.save({str(tmp_path / 'score.npy')!r}, score.detach().numpy())\n"
        "print(extra['istdbench'].decode())"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["method"] == "conv_inner"
    network, _ = exporting.opened(CONV_INNER, "nuaa")
    with torch.no_grad():
        expected = network(torch.arange(96.0 * 80).view(1, 1, 96, 80) % 200)
    np.testing.assert_allclose(np.load(tmp_path / "score.npy"), expected.numpy(), atol=1e-4)


def test_a_file_that_computes_something_else_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "largest_difference", lambda *_: 2e-4)
    with pytest.raises(IstdbenchError, match=r"not written; its scores differ .* by 2.0e-04"):
        exporting.export(CONV_INNER, "nuaa", tmp_path / "wrong.pt", "torchscript")
    assert list(tmp_path.iterdir()) == []


def test_without_weights_those_of_the_package_are_named(tmp_path):
    with pytest.raises(UsageError, match="give --weights.*irstd1k, nuaa, synth"):
        exporting.export(CONV_INNER, None, tmp_path / "x.onnx", "onnx")


@pytest.mark.parametrize(
    ("method", "form", "says"),
    [
        ("tophat", "onnx", "'tophat' has no network"),
        ("conv_inner", "tflite", "'tflite' is not one of onnx, torchscript"),
    ],
)
def test_what_cannot_be_exported_is_said(method, form, says, tmp_path):
    with pytest.raises(UsageError, match=says):
        exporting.export(parse_spec(method), "nuaa", tmp_path / "x", form)


def test_a_missing_library_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "find_spec", lambda name: None if name == "onnxruntime" else object())
    with pytest.raises(UsageError, match=r"needs onnxruntime; install it with: pip install 'istdbench\[export\]'"):
        exporting.export(CONV_INNER, "nuaa", tmp_path / "x.onnx", "onnx")
