"""The pages of a site: sound HTML with the numbers of the Markdown leaderboards, whose links lead somewhere."""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from istdbench.metrics import REFERENCE
from istdbench.reports.table import Cell
from istdbench.results.limit_record import load_limits
from istdbench.site.bars import Bar, bars

MARKDOWN = Path(__file__).parents[2] / "leaderboards" / "nuaa.md"


def test_every_page_is_sound_and_every_link_of_it_leads_to_a_file_or_a_place(site):
    pages = {path: list(site.page(path).walk()) for path in site.pages}
    ids = {path: [each.attributes["id"] for each in page if "id" in each.attributes] for path, page in pages.items()}
    assert len(pages) > 45
    for path, page in pages.items():
        assert len(ids[path]) == len(set(ids[path])), path
        for each in page:
            for address in (each.attributes.get(name) for name in ("href", "src")):
                if address in (None, "data:,"):
                    continue
                assert not re.match(r"[a-z]+:|/", address), f"{path} needs {address}, which is not of the site"
                file, _, place = address.partition("#")
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(file))) if file else path
                assert (site.folder / target).is_file(), f"{path} leads to {target}"
                assert not place or unquote(place) in ids[target], f"{path} leads to {address}"


def test_a_leaderboard_has_the_rows_and_numbers_of_its_markdown_in_the_same_order(site):
    front = MARKDOWN.read_text().split("\n\n|")[1].split("\n\n")[0].splitlines()[2:]
    written = [[cell.strip() for cell in line.strip("|").split("|")] for line in front]
    [table] = site.page("boards/nuaa.html").all("table", kind="sortable board")
    shown = [row.children for row in table.all("tr")[1:]]
    cells = [[each.text for each in row if not isinstance(each, str)] for row in shown]
    assert len(cells) == len(written) == 17
    for html, markdown in zip(cells, written, strict=True):
        assert f"{html[0].split()[0]} ({html[0].split()[1]})" == markdown[0]
        assert html[1].split()[0] == re.match(r"\w+", markdown[1])[0]
        for text, source in zip(html[2:], markdown[2:], strict=True):
            value = re.sub(r"<br>.*|\[\^\d+\]|\*\*|</?u>", "", source)
            interval = re.search(r"<sub>\\(\[.*)\\\]</sub>", source)
            assert text.startswith(value) and (interval is None or interval[1] in text)


def test_what_a_paper_printed_stands_beside_its_row_and_beside_no_other_part_than_test(site):
    [row] = [
        row for row in site.page("boards/nuaa.html").all("tr", **{"data-family": "mamba"}) if "mim_istd" in row.text
    ]
    assert "paper 0.8080" in row.text
    [table] = site.page("boards/ablations/nuaa.html").all("table", kind="sortable board")
    assert "mim_istd" in table.text and "paper" not in table.text


def test_names_of_others_are_shown_and_not_obeyed(site):
    for path in site.pages:
        page = site.page(path)
        assert all(each.attributes.get("src", "").endswith(".js") for each in page.all("script"))
        assert not page.all("img") and not [each for each in page.walk() if "onerror" in each.attributes]
    [board] = [path for path in site.pages if path.startswith("boards/folder")]
    assert "of=<script>alert(1)</script>" in site.page(board).text
    method = site.page("methods/evil.html")
    assert "<img src=x onerror=x>" in method.text and "<i>0" in method.text
    [chart] = site.page("limits.html").all("div", kind="canvas")
    assert "alert(1)" in chart.attributes["data-spec"] and json.loads(chart.attributes["data-spec"])


def test_the_page_of_a_method_says_what_is_known_of_it(site):
    text = site.page("methods/mim_istd.html").text
    for part in ("arXiv 2403.02148", "3 of 17", "What it costs", "Where it fails", "token_layout"):
        assert part in text
    assert "Learning curve" in site.page("weights/nuaa/cpu512/mim_istd-seed0/index.html").text
    assert "released:nuaa" in site.page("methods/rpcanet.html").text
    assert "No record yet" in site.page("methods/uiunet.html").text


def test_records_come_with_the_tables_that_lead_to_them(site):
    for path in site.leaderboards.rglob("*.json"):
        copy = site.folder / "data" / path.relative_to(site.leaderboards)
        assert copy.read_bytes() == path.read_bytes()


def test_pages_of_claims_costs_and_limits_have_their_numbers(site):
    claims, costs, limits = (site.page(f"{name}.html").text for name in ("claims", "costs", "limits"))
    assert "0.7037" in claims and "agrees" in claims and "What else was tried" in claims
    assert "1,678,809" in costs and "2048 × 2048" in costs
    [record] = load_limits(site.leaderboards)
    assert record.points[0].pd == 0.25 and "0.250" in limits and "1.000" in limits


def test_a_bar_is_where_its_value_lies():
    iou, fa = REFERENCE[0], REFERENCE[3]
    cells = [Cell("0.5", 0.5, {"low": 0.4, "high": 0.75}), Cell("–", None)]
    assert bars(iou, cells, [Cell("0.8", 0.8), Cell("–", None)]) == [Bar(50.0, 40.0, 75.0, 80.0), None]
    small, large, nothing = (Cell("", value) for value in (1e-6, 1e-2, 0.0))
    first, last, least = bars(fa, [small, large, nothing], None)
    assert least.value == 0 < first.value < 10 and 90 < last.value < 100
    assert bars(fa, [nothing], None) == [None]


@pytest.mark.parametrize("path", ["index.html", "boards/nuaa.html"])
def test_a_page_says_where_a_reader_is(site, path):
    [here] = [each for each in site.page(path).all("a") if "aria-current" in each.attributes]
    assert here.text == "Leaderboards"
