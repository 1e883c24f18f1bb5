"""The tutorials run from their first cell to the last."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

TUTORIALS = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.ipynb"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs(path, tmp_path, monkeypatch, makers):
    from tutorials import run

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    cells = [cell for cell in run(path).cells if cell.cell_type == "code"]
    assert len(cells) > 3 and all(cell.execution_count for cell in cells)


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_is_kept_without_outputs(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)


def test_there_are_four_of_them(makers):
    from tutorials import tutorials

    assert tutorials() == TUTORIALS and len(TUTORIALS) == 4
