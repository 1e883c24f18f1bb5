"""What is held to when a plugin's code is called, so that it can neither end the program nor speak in its place.

`calling` is around every call: it costs some microseconds. What a call may change beyond that is put back by
`istdbench.plugins.state`, after an import, a hook and a job.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from istdbench.errors import PluginError

STDOUT, STDERR = 1, 2


@contextmanager
def calling(who: str) -> Iterator[None]:
    """Call a plugin's code: what it prints goes to standard error, and the working folder is put back.

    Args:
        who: whose code it is, as sentences begin with it.

    Raises:
        PluginError: in place of `SystemExit`, and of all else that is no `Exception` and not Ctrl-C, which would end
            the program, some of them without a word and with exit code 0.
    """
    folder = _folder()
    try:
        with output_aside():
            yield
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginError(f"{who} {what_ended(error)}") from error
    finally:
        if folder is not None and folder != _folder():
            os.chdir(folder)


def what_ended(error: BaseException) -> str:
    """ "called sys.exit(0) (my_spots.py:12); …" of what is raised to end a program, as the end of a sentence."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename}:{frame.lineno}"
    if isinstance(error, SystemExit):
        return f"called sys.exit({error.code!r}) ({place}); raise an error in its place"
    return f"raised {type(error).__name__}: {error} ({place}), which is no Exception; raise one in its place"


@contextmanager
def output_aside() -> Iterator[None]:
    """What is printed meanwhile goes to standard error, also from C, so that standard output holds an answer alone."""
    with contextlib.redirect_stdout(sys.stderr), _descriptor_aside():
        yield


@contextmanager
def _descriptor_aside() -> Iterator[None]:
    try:
        kept = os.dup(STDOUT)
    except OSError:  # it is closed, and nothing can be printed there
        yield
        return
    _flush()
    try:
        with contextlib.suppress(OSError):
            os.dup2(STDERR, STDOUT)
        yield
    finally:
        _flush()
        os.dup2(kept, STDOUT)
        os.close(kept)


def _flush() -> None:
    """Write what Python and C hold back, so that it comes out where it was printed to."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.__stdout__.flush()  # type: ignore[union-attr]
    if "ctypes" in sys.modules:
        sys.modules["ctypes"].CDLL(None).fflush(None)


def _folder() -> Path | None:
    """The working folder; None where it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None
