"""`istdbench site`, as its user calls it: a folder is written whole or not at all, and nothing of others is lost."""

from __future__ import annotations

import shutil

import pytest
from markupsafe import Markup

from istdbench.errors import IstdbenchError, UsageError
from istdbench.registry import METRICS
from istdbench.results import RECORDS
from istdbench.site import charts
from istdbench.site.building import build
from istdbench.site.section import Asset, Page, Section
from istdbench.site.source import Source


@pytest.fixture
def little(site, tmp_path, monkeypatch):
    """A folder with leaderboards of synth alone, and a library of charts that is made at once."""
    shutil.copytree(site.leaderboards / RECORDS / "synth", tmp_path / "leaderboards" / RECORDS / "synth")
    monkeypatch.setattr(charts, "_library", lambda: b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def one_page(source: Source):
    yield Page("index.html", "One & only", Markup("<p>text</p>"))


def test_the_verb_writes_a_site_twice_alike_and_refuses_a_folder_of_others(istdbench, little):
    assert istdbench("site").stdout == "site/index.html\n"
    first = {path: path.read_bytes() for path in (little / "site").rglob("*") if path.is_file()}
    (little / "site" / "boards" / "of_before.html").write_text("")
    istdbench("site --out site")
    assert {path: path.read_bytes() for path in (little / "site").rglob("*") if path.is_file()} == first
    assert sorted(path.name for path in little.iterdir() if "home" not in path.name) == ["leaderboards", "site"]
    (little / "mine").mkdir()
    (little / "mine" / "thesis.txt").write_text("years")
    assert "holds files that are no site" in istdbench("site --out mine", code=2).stderr
    assert (little / "mine" / "thesis.txt").read_text() == "years"


def test_leaderboards_that_are_not_there_or_are_empty_are_named(istdbench, little):
    assert "no such folder" in istdbench("site --leaderboards nowhere", code=2).stderr
    (little / "empty").mkdir()
    assert "no sound record" in istdbench("site --leaderboards empty", code=2).stderr
    assert not (little / "site").exists()


def test_a_damaged_record_is_named_and_left_out(istdbench, little):
    [path] = (little / "leaderboards").rglob("mpcm-*.json")
    path.write_text("{")
    told = istdbench("site", code=1)
    assert path.name in told.stderr and "mpcm" not in (little / "site" / "boards" / "synth.html").read_text()


def test_what_fails_on_the_way_leaves_the_old_site(little):
    source, out = Source(little / "leaderboards", METRICS.all()), little / "out"
    build(source, [Section("One", one_page)], out)
    before = (out / "index.html").read_text()
    assert "<title>One &amp; only · istdbench</title>" in before

    def failing(source: Source):
        yield from one_page(source)
        yield Asset("../outside.txt", b"")

    with pytest.raises(IstdbenchError):
        build(source, [Section("Failing", failing)], out)
    assert (out / "index.html").read_text() == before
    assert not (little / "outside.txt").exists() and not list(little.glob(".*.tmp"))


def test_the_navigation_has_the_sections_with_pages_and_the_documents(little):
    source = Source(little / "leaderboards", METRICS.all())
    with pytest.raises(UsageError):
        build(source, [Section("None", lambda source: ())], little / "out")
    sections = [Section("One", one_page), Section("None", lambda source: ())]
    build(source, sections, little / "out", documents="docs/index.html")
    page = (little / "out" / "index.html").read_text()
    assert ">None<" not in page and '<a href="docs/index.html">Documents</a>' in page
