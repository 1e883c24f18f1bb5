"""Files written whole or not at all, and their SHA-256."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from istdbench.errors import IstdbenchError

_FIXES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota",
    errno.EACCES: "make the folder writable or choose another",
    errno.EPERM: "make the folder writable or choose another",
    errno.EROFS: "choose a folder on a writable disk",
}


def atomic_write(path: Path, data: bytes | str) -> None:
    """Write `data` to `path` so that a reader, or a crash at any moment, sees the old file or the new one.

    Missing parent folders are made. Text is written as UTF-8, with its line ends as they are.

    Raises:
        IstdbenchError: the disk is full or the folder cannot be written; names `path` and the fix.
            The old file is untouched and no temporary file stays.
    """
    content = data.encode() if isinstance(data, str) else data
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        fix = _FIXES.get(error.errno or 0, "check the path and the disk")
        raise IstdbenchError(f"{path}: not written ({error.strerror or error}); {fix} and run again") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def sha256_bytes(data: bytes) -> str:
    """SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sha256_json(value: Any) -> str:
    """SHA-256 of a value as JSON with sorted keys: equal values give equal hashes, whatever the order of keys."""
    return sha256_bytes(json.dumps(value, sort_keys=True).encode())


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content in hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
