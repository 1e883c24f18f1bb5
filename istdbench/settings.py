"""Where istdbench keeps its files and where it downloads from: two environment variables."""

from __future__ import annotations

import os
from pathlib import Path

from istdbench.errors import UsageError


def home() -> Path:
    """The folder of data, weights and caches: ISTDBENCH_HOME, else ~/.cache/istdbench. It need not exist yet.

    Raises:
        UsageError: neither says where that is: ISTDBENCH_HOME is not set, and this user has no home folder.
    """
    return expanded(Path(os.environ.get("ISTDBENCH_HOME") or "~/.cache/istdbench"))


def mirror() -> str | None:
    """ISTDBENCH_MIRROR, the folder or base URL that stands in for the published hosts; None where it is not set."""
    return os.environ.get("ISTDBENCH_MIRROR") or None


def expanded(path: Path) -> Path:
    """A path with the home folder in the place of `~`.

    Raises:
        UsageError: this user, or the one that it names, has no home folder.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"{path}: no home folder is known (HOME is not set, and the system knows none); set HOME, or "
            "ISTDBENCH_HOME to the folder of data and weights, and write other paths out"
        ) from error


def give_libraries_a_cache() -> None:
    """Where there is no home folder, let libraries that insist on a cache have a private one until the process ends."""
    if "XDG_CACHE_HOME" in os.environ or os.path.expanduser("~") != "~":  # noqa: PTH111
        return
    import atexit
    import tempfile

    folder = tempfile.TemporaryDirectory(prefix="istdbench-cache-")  # of 0700: some keep pickles there
    atexit.register(folder.cleanup)
    os.environ["XDG_CACHE_HOME"] = folder.name
