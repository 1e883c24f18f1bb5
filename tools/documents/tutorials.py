"""Runs a tutorial, for the pages and for the tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"
ENVIRONMENT = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",  # where `istdbench` is
    "PYTHONWARNINGS": "ignore:IProgress not found",  # of notebooks that nobody looks on
}


def tutorials() -> list[Path]:
    """The notebooks, which are kept without outputs."""
    return sorted(FOLDER.glob("*.ipynb"))


def run(path: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of today.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    # chunks of one stream would be shown a line each, wherever they end
    client = NotebookClient(notebook, timeout=600, coalesce_streams=True)
    client.execute(env={**os.environ, **ENVIRONMENT})
    return notebook
