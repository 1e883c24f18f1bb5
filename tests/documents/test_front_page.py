"""What the README shows is what records and weights give today."""

from __future__ import annotations

import pytest


@pytest.fixture
def front_page(makers):
    """The module that reads and writes the parts that are made."""
    import front_page

    return front_page


def test_the_results_are_those_of_the_records(front_page):
    from results_table import results

    assert front_page.part(front_page.RESULTS) == results(), "call `python tools/documents/results_table.py`"


def test_the_caption_says_what_the_network_finds(front_page):
    from picture import picture

    said = front_page.part(front_page.CAPTION)
    assert said == picture("synth").caption, "call `python tools/documents/picture.py`, and look at the picture"


def test_a_mark_that_is_gone_is_said(front_page, tmp_path, monkeypatch):
    monkeypatch.setattr(front_page, "README", tmp_path / "README.md")
    (tmp_path / "README.md").write_text("# nothing is marked here\n")
    with pytest.raises(SystemExit, match="no marks of results"):
        front_page.put(front_page.RESULTS, "a table")


def test_writing_a_part_leaves_the_rest_as_it_is(front_page, tmp_path, monkeypatch):
    page = tmp_path / "README.md"
    monkeypatch.setattr(front_page, "README", page)
    page.write_text("before\n\n<!-- results: made by `x` -->\n\nold\n\n<!-- end of results -->\n\nbehind\n")
    front_page.put(front_page.RESULTS, "| new \\1 |")
    assert front_page.part(front_page.RESULTS) == "| new \\1 |"
    assert page.read_text().startswith("before\n\n<!--") and page.read_text().endswith("-->\n\nbehind\n")
    assert "old" not in page.read_text()
