"""What makes the pages stands in `tools/documents`, which is no package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

MAKERS = Path(__file__).parents[2] / "tools" / "documents"


@pytest.fixture(autouse=True)
def makers(monkeypatch):
    """Its modules may be imported, and are forgotten behind each test."""
    monkeypatch.syspath_prepend(MAKERS)
    yield
    for path in MAKERS.glob("*.py"):
        sys.modules.pop(path.stem, None)
