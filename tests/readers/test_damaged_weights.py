"""Damaged files of weights, ours and others': refused by name, or read; no code in them is run."""

import io
import pickle
import resource
import struct
import zipfile

import pytest
import safetensors.torch
import torch
from damage import few_or_many, survives

from istdbench.errors import WeightsError
from istdbench.importing.contents import read_contents
from istdbench.importing.mxnet_files import ARRAY, LIST, read_mxnet
from istdbench.importing.torch_files import read_torch
from istdbench.jobs.header import ImportFacts, WeightsHeader
from istdbench.jobs.weights import described, has_header, load_weights, read_header, save_weights
from istdbench.results import NetworkInput

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(3).half()}
HEADER = WeightsHeader(
    method="baseline",
    options={"depth": 3},
    input=NetworkInput(resize=64, pad=32, mean=10.0, sd=20.0, channels=1),
    threshold=0.5,
    imported=ImportFacts(file="a.pth", sha256="0" * 64, versions={"torch": "2"}),
)


def saved(value, **how):
    file = io.BytesIO()
    torch.save(value, file, **how)
    return file.getvalue()


def mxnet(tensors):
    """What `save_parameters` writes."""
    arrays = b"".join(
        struct.pack("<IiI", ARRAY, 0, tensor.dim())
        + struct.pack(f"<{tensor.dim()}q", *tensor.shape)
        + struct.pack("<iii", 1, 0, 0)
        + tensor.numpy().tobytes()
        for tensor in tensors.values()
    )
    names = b"".join(struct.pack("<Q", len(name)) + name.encode() for name in tensors)
    return LIST + struct.pack("<QQ", 0, len(tensors)) + arrays + struct.pack("<Q", len(tensors)) + names


def ours(tmp_path):
    save_weights(tmp_path / "whole.safetensors", TENSORS, HEADER)
    return (tmp_path / "whole.safetensors").read_bytes()


STRANGERS = [
    saved({"state_dict": TENSORS, "epoch": 3}),
    saved(torch.nn.Linear(2, 3)),
    saved(TENSORS, _use_new_zipfile_serialization=False),
    pickle.dumps(TENSORS),
    mxnet({"arg:a": TENSORS["a"]}),
]


@few_or_many
@pytest.mark.parametrize("read", [described, has_header, read_header, load_weights, read_contents])
def test_damaged_weights_of_ours_are_read_or_refused(read, how, tmp_path):
    survives(read, tmp_path / "damaged.safetensors", [ours(tmp_path), safetensors.torch.save(TENSORS)], how)


@few_or_many
@pytest.mark.parametrize("read", [read_contents, read_torch, read_mxnet])
def test_damaged_weights_of_others_are_read_or_refused(read, how, tmp_path):
    survives(read, tmp_path / "damaged.pth", STRANGERS, how)


def changed(content, offset, number):
    """An archive whose directory says something else of its first file."""
    at = content.index(b"PK\x01\x02") + offset
    return content[:at] + struct.pack("<H", number) + content[at + 2 :]


@pytest.mark.parametrize(
    ("offset", "number"),
    [(6, 255), (8, 0x20), (8, 0x01)],
    ids=["a version of later", "patched data", "a password"],
)
def test_an_archive_that_python_cannot_take_is_named(offset, number, tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(changed(saved(TENSORS), offset, number))
    with pytest.raises(WeightsError, match=r"a\.pth: not readable"):
        read_torch(path)


def test_an_archive_whose_names_are_no_text_is_named(tmp_path):
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("é/data.pkl", b"")  # marked as UTF-8
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xff"))
    with pytest.raises(WeightsError, match=r"a\.pth: not readable"):
        read_torch(path)


HUGE = 10**12
CLAIMS = {
    "safetensors": struct.pack("<Q", HUGE) + b'{"a":{}}',
    "tensor": struct.pack("<Q", 76) + b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}',
    "mxnet": mxnet({"a": torch.ones(1)}).replace(struct.pack("<q", 1), struct.pack("<q", HUGE), 1),
    "bytes": b"\x80\x04\x8e" + struct.pack("<Q", HUGE) + b"abc.",
    "memo": b"\x80\x04Nr\xff\xff\xff\x7f.",
    "storage": saved(TENSORS, _use_new_zipfile_serialization=False).replace(b"K\x06", b"J\xff\xff\xff\x7f", 1),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_of_more_than_the_file_holds_takes_no_memory(claim, tmp_path):
    path = tmp_path / "huge.pth"
    path.write_bytes(CLAIMS[claim])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WeightsError, match="huge"):
        read_contents(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB
