"""Files of torch.save, read without running them: as torch reads them, and modules whose class is nowhere."""

from __future__ import annotations

import pickle
import sys
import types
import zipfile

import pytest
import torch
from torch import nn

from istdbench.errors import WeightsError
from istdbench.importing.contents import read_contents
from istdbench.importing.torch_files import read_torch

TENSORS = {
    "float": torch.randn(2, 3, generator=torch.Generator().manual_seed(0)),
    "half": torch.tensor([1.5, -2.0], dtype=torch.float16),
    "bfloat": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
    "double": torch.tensor([0.1], dtype=torch.float64),
    "number": torch.tensor(7),
    "bool": torch.tensor([True, False]),
    "turned": torch.arange(6.0).reshape(2, 3).T,
    "part": torch.arange(10.0)[3:7],
    "none": torch.empty(0, 4),
    "parameter": nn.Parameter(torch.ones(2)),
}


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_are_what_torch_reads(tmp_path, zipped):
    path = tmp_path / "x.pth"
    torch.save({"state_dict": TENSORS, "epoch": 4}, path, _use_new_zipfile_serialization=zipped)
    held = read_torch(path)
    assert held["epoch"] == 4
    assert held["state_dict"].keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert torch.equal(held["state_dict"][name], tensor.detach()), name
        assert held["state_dict"][name].dtype == tensor.dtype, name


@pytest.fixture
def whole_module(tmp_path, monkeypatch):
    """Writes a pickled module whose class no one has any more, and its state dict."""

    def write(*, zipped: bool):
        theirs = types.ModuleType("model_of_theirs")
        code = (
            "from torch import nn\n"
            "class Net(nn.Module):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())\n"
            "        self.register_buffer('passing', nn.Parameter().new_zeros(3), persistent=False)\n"
        )
        exec(code, theirs.__dict__)
        theirs.Net.__module__ = "model_of_theirs"
        monkeypatch.setitem(sys.modules, "model_of_theirs", theirs)
        net = nn.DataParallel(theirs.Net())
        path = tmp_path / "whole.pkl"
        torch.save(net, path, _use_new_zipfile_serialization=zipped)
        monkeypatch.delitem(sys.modules, "model_of_theirs")
        return path, net.state_dict()

    return write


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_a_whole_module_gives_its_state_dict_without_its_class(whole_module, zipped):
    path, state = whole_module(zipped=zipped)
    key, tensors = read_contents(path).chosen(None)
    assert key == ""
    assert tensors.keys() == state.keys()
    assert all(torch.equal(tensors[name], state[name]) for name in state)
    assert "model_of_theirs" not in sys.modules


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("lost", [1, 40, 400])
def test_a_file_that_ends_early_is_refused(tmp_path, zipped, lost):
    path = tmp_path / "x.pth"
    torch.save({"x": torch.ones(200)}, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(WeightsError, match=r"x\.pth"):
        read_contents(path)


def rewritten(path, change):
    """The zip archive again, with the bytes of its pickle changed."""
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in files.items():
            new.writestr(name, change(content) if name.endswith("data.pkl") else content)


def test_a_storage_that_says_to_be_huge_is_refused(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"x": torch.ones(200)}, path)
    rewritten(path, lambda program: program.replace(b"K\xc8", b"J\xff\xff\xff\x7f"))
    with pytest.raises(WeightsError, match="800 bytes where 2147483647 numbers"):
        read_torch(path)


def test_a_tensor_outside_its_storage_is_refused(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"x": torch.ones(200)[:3]}, path)
    rewritten(path, lambda program: program.replace(b"K\x03\x85", b"K\xc9\x85"))
    with pytest.raises(WeightsError, match=r"a tensor of \(201,\) in a storage of 200 numbers"):
        read_torch(path)


def test_a_compressed_archive_is_refused(tmp_path):
    """It could be a bomb; torch.save does not compress."""
    path = tmp_path / "x.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
    with pytest.raises(WeightsError, match="compressed"):
        read_torch(path)


def test_an_archive_of_something_else_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "hello")
    with pytest.raises(WeightsError, match=r"none of torch\.save"):
        read_contents(path)
