"""Where istdbench keeps its files and where it downloads from: two environment variables."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder of data, weights and caches: ISTDBENCH_HOME, else ~/.cache/istdbench. It need not exist yet."""
    return Path(os.environ.get("ISTDBENCH_HOME") or "~/.cache/istdbench").expanduser()


def mirror() -> str | None:
    """ISTDBENCH_MIRROR, the folder or base URL that stands in for the published hosts; None where it is not set."""
    return os.environ.get("ISTDBENCH_MIRROR") or None
