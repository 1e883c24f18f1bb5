"""Standard output and standard error that take whatever is printed: what cannot be written is dropped and remembered.

A run is not lost with the terminal that it tells of: a closed stream, a full disk behind `>`, a pipe whose reader has
gone and a name that the stream's encoding lacks fail no verb. Where what was printed is all that a verb gives, its exit
code says that it is lost; a reader that has gone had enough, and loses nothing.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any, TextIO


class Sink(io.FileIO):
    """A file descriptor of which writing never fails.

    Attributes:
        error: why something was dropped; None where nothing was, or its reader had enough.
        matters: whether something was printed that stands in no file.
    """

    def __init__(self, descriptor: int, error: OSError | None = None) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.error = error
        self.matters = False

    def write(self, data: Any, /) -> int:
        """Write, or drop what cannot be written; always all of it."""
        left = memoryview(data).cast("B")
        try:
            while left:
                left = left[super().write(left) or 0 :]
        except OSError as error:
            if error.errno != errno.EPIPE:
                self.error = error
        return len(data)


def make_sure() -> None:
    """Put such streams in the place of this process's own, in whose place nobody has put another yet."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream: TextIO | None = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__") and sink_of(stream) is None:
            setattr(sys, name, _sure(stream, descriptor))


def sink_of(stream: TextIO | None) -> Sink | None:
    """What a stream writes to; None of a stream that somebody else put there."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, Sink) else None


def note_that_it_matters() -> None:
    """Note that what is printed on standard output stands in no file."""
    sink = sink_of(sys.stdout)
    if sink is not None:
        sink.matters = True


def lost() -> str:
    """Why something that was printed on standard output, and stands in no file, is lost; "" where nothing is."""
    sink = sink_of(sys.stdout)
    if sink is None or sink.error is None or not sink.matters:
        return ""
    return os.strerror(sink.error.errno or errno.EIO)


def is_watched(stream: TextIO | None) -> bool:
    """Whether a person watches: on a terminal that can move its cursor."""
    return stream is not None and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _sure(stream: TextIO | None, descriptor: int) -> TextIO:
    """A stream that takes everything; a closed one is led nowhere, so that no file that is opened takes its number."""
    closed = None
    try:
        os.fstat(descriptor)
    except OSError as error:
        closed = error
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != descriptor:
            os.dup2(nowhere, descriptor)
            os.close(nowhere)
    return io.TextIOWrapper(
        io.BufferedWriter(Sink(descriptor, closed)),
        encoding=getattr(stream, "encoding", None) or "utf-8",
        errors="backslashreplace",
        line_buffering=True,
    )
