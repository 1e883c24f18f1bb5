"""One process at a time: a lock of the file system, which ends with its process, so that none is ever left behind."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from istdbench.errors import IstdbenchError
from istdbench.files import fix_of

PATIENCE = 10.0
"""Seconds to wait for another process before a person is told of it."""


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock of a file inside the block, once whoever holds it has let go. The file itself means nothing.

    Raises:
        IstdbenchError: the folder cannot be written, or its file system has no locks.
    """
    from filelock import FileLock, Timeout  # here, since it takes as long as all else that `istdbench list` imports

    lock = FileLock(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout:
            warnings.warn(f"{file}: another process is writing here; waiting for it to end", stacklevel=3)
            lock.acquire()
    except OSError as error:
        fix = fix_of(error, "choose a folder on a file system with locks")
        raise IstdbenchError(f"{file}: cannot be locked ({error.strerror or error}); {fix}") from error
    except NotImplementedError as error:
        raise IstdbenchError(f"{file}: cannot be locked; choose a folder on a file system with locks") from error
    try:
        yield
    finally:
        lock.release()
