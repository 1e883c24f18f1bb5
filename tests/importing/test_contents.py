"""Containers: which sets of tensors a file holds, and what else."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import safetensors.torch
import torch

from istdbench.errors import WeightsError
from istdbench.importing.contents import read_contents

STATE = {"a.weight": torch.ones(2, 3), "a.bias": torch.zeros(2)}


@pytest.fixture
def saved(tmp_path):
    def save(held):
        torch.save(held, tmp_path / "x.pth.tar")
        return read_contents(tmp_path / "x.pth.tar")

    return save


@pytest.mark.parametrize("key", ["state_dict", "net", "model", "model_state_dict", "params", "whatever"])
def test_a_container_may_have_any_name(saved, key):
    optimizer = {"state": {0: {"sum": torch.ones(2)}}, "param_groups": [{"lr": 0.1}]}
    contents = saved({"epoch": 7, key: STATE, "optimizer": optimizer, "best": np.float64(0.7)})
    assert contents.chosen(None)[0] == key
    assert contents.chosen(None)[1].keys() == STATE.keys()
    assert "epoch = 7" in contents.others
    assert "optimizer.state (dict)" in contents.others


def test_a_container_within_another(saved):
    assert saved({"checkpoint": {"model": STATE}}).chosen(None)[0] == "checkpoint.model"


def test_several_sets_are_not_chosen_between(saved):
    contents = saved({"model": STATE, "ema": STATE})
    with pytest.raises(WeightsError, match=r"several sets of tensors, model \(2\), ema \(2\); choose one: --key model"):
        contents.chosen(None)
    assert contents.chosen("ema")[0] == "ema"
    with pytest.raises(WeightsError, match="no set of tensors 'other'"):
        contents.chosen("other")


def test_a_file_without_tensors_says_what_it_holds(saved):
    with pytest.raises(WeightsError, match="no tensors by name in it; it holds epoch = 3"):
        saved({"epoch": 3}).chosen(None)


def test_a_circle_ends(saved):
    held = {"state_dict": STATE}
    held["itself"] = held
    assert "state_dict" in saved(held).sets


def test_safetensors_of_anyone(tmp_path):
    safetensors.torch.save_file(STATE, tmp_path / "x.safetensors")
    assert read_contents(tmp_path / "x.safetensors").chosen(None)[1].keys() == STATE.keys()


def mxnet_file(arrays: dict[str, np.ndarray]) -> bytes:
    """As MXNet 1.x writes a list of dense arrays of float32."""
    parts = [struct.pack("<QQQ", 0x112, 0, len(arrays))]
    for array in arrays.values():
        parts += [struct.pack("<IiI", 0xF993FAC9, 0, array.ndim), struct.pack(f"<{array.ndim}q", *array.shape)]
        parts += [struct.pack("<iii", 1, 0, 0), array.astype("<f4").tobytes()]
    parts.append(struct.pack("<Q", len(arrays)))
    parts += [struct.pack("<Q", len(name)) + name.encode() for name in arrays]
    return b"".join(parts)


def test_arrays_of_mxnet(tmp_path):
    arrays = {"stem.gamma": np.arange(3.0), "stem.weight": np.arange(12.0).reshape(3, 4)}
    path = tmp_path / "x.params"
    path.write_bytes(mxnet_file(arrays))
    tensors = read_contents(path).chosen(None)[1]
    assert {name: tensor.tolist() for name, tensor in tensors.items()} == {n: a.tolist() for n, a in arrays.items()}
    for lost in (1, 30, 100):
        path.write_bytes(mxnet_file(arrays)[:-lost])
        with pytest.raises(WeightsError, match="no readable list of MXNet's arrays"):
            read_contents(path)
