"""A leaderboard in headless Chromium: it sorts by a click, shows what the filters leave, and draws its charts."""

from __future__ import annotations

from chromium import chromium, needs_chromium
from parsed_page import Page

pytestmark = needs_chromium

READER = """
<script>
  const heading = [...document.querySelectorAll("table.board th")].find((each) => each.textContent.startsWith("Fa"));
  heading.querySelector("button").click();
  document.querySelector("input[value=classical]").click();
</script>
</body>"""
"""What a reader does: sorts by false alarms, and asks for classical methods."""


def test_a_reader_sorts_and_filters_a_leaderboard_and_sees_its_charts(site, tmp_path):
    page = site.folder / "boards" / "as_read.html"
    page.write_text((site.folder / "boards" / "nuaa.html").read_text().replace("</body>", READER))
    try:
        found = Page(chromium(tmp_path, "--dump-dom", page.as_uri())).root
    finally:
        page.unlink()
    [board] = found.all("table", kind="sortable board")
    [sorted_by] = [each for each in board.all("th") if "aria-sort" in each.attributes]
    assert sorted_by.text.startswith("Fa") and sorted_by.attributes["aria-sort"] == "ascending"
    values = [float(row.all("td")[4].attributes["data-key"]) for row in board.all("tr")[1:]]
    assert len(values) == 17 and values == sorted(values) and values[0] < values[-1]
    left = [row for row in board.all("tr")[1:] if "hidden" not in row.attributes]
    assert 0 < len(left) < 17 and {row.attributes["data-family"] for row in left} == {"classical"}
    assert found.all("output")[0].text == f"{len(left)} of 17 rows"
    charts = found.all("figure", kind="chart")
    assert len(charts) == 3 and all(chart.all("svg") for chart in charts)
