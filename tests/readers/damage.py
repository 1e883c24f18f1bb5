"""Damaged files: hypothesis changes a valid one here and there, or makes bytes of its own.

What every reader promises of them is one thing, `survives`: a value, or an error that names the file.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from istdbench.errors import IstdbenchError

_HOW = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
FEW = settings(max_examples=30, derandomize=True, **_HOW)
MANY = settings(max_examples=1000, **_HOW)
few_or_many = pytest.mark.parametrize("how", [FEW, pytest.param(MANY, marks=pytest.mark.whole)], ids=["few", "many"])
"""A few files for each reader, the same ones each time; under the mark `whole` many, others each time."""

NUMBERS = (0, 1, 2, 255, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 10**12, 2**63 - 1, 2**64 - 1)
"""What lengths and counts in damaged files are."""


@st.composite
def damaged(draw: st.DrawFn, *whole: bytes) -> bytes:
    """One of the files, changed in up to four places: bits, bytes, numbers, parts that are lost or come twice."""
    content = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, min(len(content), 4096) - 1)))
        kind = draw(st.sampled_from(("bit", "number", "end", "lost", "twice", "digit", "new")))
        if kind == "bit" and content:
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "number":
            size, order = draw(st.sampled_from((1, 2, 4, 8))), draw(st.sampled_from(("little", "big")))
            number = draw(st.sampled_from(NUMBERS)) % (1 << 8 * size)
            content[at : at + size] = number.to_bytes(size, order)
        elif kind == "end":
            del content[at:]
        elif kind == "lost":
            del content[at : at + draw(st.integers(1, 40))]
        elif kind == "twice":
            content[at:at] = content[at : at + draw(st.integers(1, 40))]
        elif kind == "digit":
            digits = [place for place, byte in enumerate(content[:4096]) if chr(byte).isdigit()]
            if digits:
                place = draw(st.sampled_from(digits))
                text = str(draw(st.sampled_from((*NUMBERS, -1, 1e308, "nan", "null", '"a"', "[]", "{}", "true"))))
                content[place : place + 1] = text.encode()
        else:
            content[at:at] = draw(st.binary(max_size=20))
    return bytes(content)


def anything(*whole: bytes) -> st.SearchStrategy[bytes]:
    """Damaged files of a kind, or bytes that are of none; some begin as a file of the kind does."""
    starts = st.sampled_from([content[:count] for content in whole for count in (0, 4, 8, 16)])
    return damaged(*whole) | st.builds(bytes.__add__, starts, st.binary(max_size=200))


def survives(read: Callable[[Path], object], path: Path, whole: Sequence[bytes], how: settings) -> None:
    """Reading files like `whole`, but damaged, gives a value, or an error that a person can mend and that names it."""

    @how
    @given(anything(*whole))
    def is_read_or_refused(content: bytes) -> None:
        path.write_bytes(content)
        try:
            read(path)
        except IstdbenchError as error:
            assert path.name in str(error) or path.parent.name in str(error), error

    is_read_or_refused()
