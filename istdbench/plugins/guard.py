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

from istdbench.errors import IstdbenchError, PluginError

STDOUT, STDERR = 1, 2
BLAME = "in the code of "
"""How the note begins that says whose code an exception is from."""


@contextmanager
def calling(who: str) -> Iterator[None]:
    """Call a plugin's code: what it prints goes to standard error, and the working folder is put back.

    Args:
        who: whose code it is, as sentences begin with it.

    Raises:
        PluginError: in place of `SystemExit`, and of all else that is no `Exception` and not Ctrl-C, which would end
            the program, some of them without a word and with exit code 0. Other exceptions go on, with a note of whose
            code they are from, see `blamed`.
    """
    folder = _folder()
    try:
        with output_aside():
            yield
    except KeyboardInterrupt:
        raise
    except Exception as error:
        if not (isinstance(error, IstdbenchError) or blamed(error)):
            error.add_note(BLAME + who)
        raise
    except BaseException as error:
        raise PluginError(f"{who} {what_ended(error)}") from error
    finally:
        if folder is not None and folder != _folder():
            os.chdir(folder)


class ProcessEnd(BaseException):
    """A call of os._exit, with its code."""


@contextmanager
def without_os_exit() -> Iterator[None]:
    """Meanwhile os._exit, which ends the process without a word and with any exit code, raises `ProcessEnd`; in the
    processes that this one starts it does what it does."""
    owner, end = os.getpid(), os._exit

    def refuse(status: int) -> None:
        if os.getpid() != owner:
            end(status)
        raise ProcessEnd(status)

    os._exit = refuse  # type: ignore[assignment]
    try:
        yield
    finally:
        os._exit = end


def blamed(error: BaseException) -> str:
    """Whose code an exception is from, as `calling` noted; "" where nobody did."""
    notes = (note for note in getattr(error, "__notes__", ()) if note.startswith(BLAME))
    return next(notes, "").removeprefix(BLAME)


def told(error: BaseException) -> str:
    """ "ValueError: no luck"."""
    return f"{type(error).__name__}: {text_of(error)}"


def text_of(error: BaseException) -> str:
    """The text of an exception, also of one that has none to show."""
    try:
        return str(error)
    except Exception:  # a stranger's exception may raise anything
        return "<its text cannot be shown>"


def what_ended(error: BaseException) -> str:
    """ "called sys.exit(0) (my_spots.py:12); …" of what is raised to end a program, as the end of a sentence."""
    frame = traceback.extract_tb(error.__traceback__)[-2 if isinstance(error, ProcessEnd) else -1]
    place = f"{frame.filename}:{frame.lineno}"
    if isinstance(error, ProcessEnd):
        return f"called os._exit({error.args[0]!r}) ({place}); raise an error in its place"
    if isinstance(error, SystemExit):
        return f"called sys.exit({error.code!r}) ({place}); raise an error in its place"
    return f"raised {told(error)} ({place}), which is no Exception; raise one in its place"


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
