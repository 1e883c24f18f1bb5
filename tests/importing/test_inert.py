"""A hostile pickle runs nothing: its names are not looked up, whatever it does with them."""

from __future__ import annotations

import io
import pickle
import struct

import pytest
from hostile import Calls, programs

from istdbench.errors import WeightsError
from istdbench.importing.contents import read_contents
from istdbench.importing.inert import Holder, read_inert


@pytest.mark.parametrize("name", programs(""))
def test_nothing_runs(name, tmp_path):
    touched = tmp_path / "touched"
    path = tmp_path / "x.pkl"
    path.write_bytes(programs(str(touched))[name])
    try:
        sets = read_contents(path).sets
    except WeightsError as error:
        assert str(path) in str(error)
    else:
        assert not any(sets.values())
    assert not touched.exists()


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "open"])
def test_the_programs_would_run_something_if_they_were_unpickled(name, tmp_path):
    """So that the test above means something."""
    pickle.loads(programs(str(tmp_path / "touched"))[name])
    assert (tmp_path / "touched").exists()


def test_a_call_gives_a_holder_that_knows_no_function():
    held = read_inert(io.BytesIO(pickle.dumps({"x": Calls(len, "hello"), "n": 3})), "x").value
    assert isinstance(held["x"], Holder)
    assert type(held["x"]).__name__ == "len"
    assert held["n"] == 3


def test_what_is_no_pickle_says_so(tmp_path):
    path = tmp_path / "x.pth"
    for content in (b"", b"\x80", b"hello", b"\x80\x02}q\x00.", b"PK\x03\x04" + bytes(40)):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=r"x\.pth"):
            read_contents(path).chosen(None)


def test_a_program_that_would_fill_the_memory_is_refused():
    memo = b"\x80\x02]" + b"r" + struct.pack("<I", 2**32 - 2) + b"."
    length = b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x."
    for program in (memo, length):
        with pytest.raises(WeightsError, match="no pickle of tensors"):
            read_inert(io.BytesIO(program), "x")
