"""`istdbench report` on a folder of four images: what is on the page is what the records say."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from html_records import METHODS, table_after
from scenes import SCENES

PIXELS = ("true_positive", "false_positive", "false_negative")


@pytest.fixture(scope="module")
def page(made):
    return made.page


def test_elements_are_closed_ids_are_unique_and_links_lead_somewhere(page):
    ids = [each.attributes["id"] for each in page.walk() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    for each in page.walk():
        for name in ("href", "xlink:href"):
            if each.attributes.get(name, "").startswith("#"):
                assert each.attributes[name][1:] in ids
        assert {part for value in each.attributes.values() for part in re.findall(r"url\(#([^)]*)\)", value)} <= set(
            ids
        )


def test_nothing_is_fetched_from_anywhere(page):
    assert not {each.tag for each in page.walk()} & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for each in page.walk():
        for name, value in each.attributes.items():
            if name in ("src", "srcset", "href", "xlink:href", "poster", "data", "action"):
                assert value.startswith(("#", "data:image/png;base64,")), (each.tag, name, value[:60])
            else:
                assert "http" not in value or name.startswith("xmlns"), (each.tag, name, value[:60])
    styles = "".join(each.text for each in page.all("style"))
    assert "@import" not in styles and not re.search(r"url\((?!#)", styles)


def test_the_leaderboard_has_every_records_values_and_intervals(made, page):
    rows = {row[0]: row for row in table_after(page, "95 % interval")[1:]}
    assert set(rows) == set(METHODS)
    for method, record in made.records().items():
        low, high = record["metrics"]["intervals"]["IoU"]
        assert rows[method][2] == f"{record['metrics']['values']['IoU']:.4f} [{low:.4f}, {high:.4f}]"


def test_rings_and_captions_are_the_counts_of_the_record(made, page):
    cards = page.all("article", kind="card")
    assert sorted(card.all("h4")[0].text.split()[0] for card in cards) == sorted(SCENES)
    seen = set()
    for card in cards:
        name = card.all("h4")[0].text.split()[0]
        for view in card.all("figure", kind="view"):
            [whole] = view.all("svg", kind="whole")
            caption = view.all("figcaption")[0].text
            counts = made.images(caption.partition(".")[0])[name]
            rings = {kind: len(whole.all("circle", kind=f"mark {kind}")) for kind in ("hit", "miss", "false")}
            misses = counts["targets"] - counts["detected"]
            assert rings == {"hit": counts["detected"], "miss": misses, "false": counts["false_regions"]}
            assert f"{rings['false']} false alarm" in caption and f"{rings['hit']} hit" in caption
            seen |= {(caption.partition(".")[0], name, *rings.values())}
    assert {("tophat", "decoy", 0, 1, 1), ("tophat", "pair", 1, 1, 0), ("tophat", "clean", 1, 0, 0)} <= seen


def test_images_are_worst_first_and_as_many_as_asked_for(made, page, again, istdbench):
    best = table_after(page, "95 % interval")[1][0]
    worth = {
        name: counts["true_positive"] / union if (union := sum(counts[key] for key in PIXELS)) else 1
        for name, counts in made.images(best).items()
    }
    shown = [card.all("h4")[0].text.split()[0] for card in page.all("article", kind="card")]
    assert [worth[name] for name in shown] == sorted(worth.values())
    istdbench("report --images 2")
    assert [card.all("h4")[0].text.split()[0] for card in again.page.all("article", kind="card")] == shown[:2]


@pytest.mark.parametrize("caption", ["By size, pixels", "By local SCR", "By targets in the image"])
def test_every_error_is_in_one_bin_of_each_breakdown(made, page, caption):
    _, heads, *rows = table_after(page, caption)
    totals = [sum(int(row[1 + column]) for row in rows) for column in range(len(heads))]
    order = [row[0] for row in table_after(page, "95 % interval")[1:]]
    wanted = []
    for method in order:
        counts = made.images(method).values()
        detected, targets, false = (
            sum(each[key] for each in counts) for key in ("detected", "targets", "false_regions")
        )
        wanted += [detected, targets - detected, false]
    assert totals == wanted


def test_the_page_says_where_each_number_comes_from(made, page):
    for method, record in made.records().items():
        rows = dict(table_after(page, f"{method}: {record['method']['paper']}"))
        assert rows["command"] == record["provenance"]["command"]
        assert rows["seed"] == "0" and record["provenance"]["cpu"] in rows["machine"]
    assert all(f"4 of 4 images ({method})" in page.text for method in METHODS)
    [record, _] = made.records().values()
    assert json.loads(page.all("pre")[0].text) == record["protocol"]["config"]


def test_plots_are_on_the_page_and_beside_it_as_png_and_svg(made, page):
    plots = sorted((made.folder / "plots").iterdir())
    kinds = ("cost", "curves", "iou", "pd")
    assert [path.name.rsplit("-", 1)[1] for path in plots] == [
        f"{kind}.{form}" for kind in kinds for form in ("png", "svg")
    ]
    for path in plots:
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag.endswith("svg")
        else:
            assert path.read_bytes().startswith(b"\x89PNG")
    drawn = [svg for svg in page.all("svg", role="img") if svg.all("text")]
    assert len(drawn) == 4
    for svg in drawn:
        words = {text.text for text in svg.all("text")}
        assert set(METHODS) <= words and svg.attributes["aria-label"]


def test_the_same_records_give_the_same_page(made, again, istdbench):
    istdbench("report")
    assert again.html == made.html


def test_records_only_predicts_nothing(again, istdbench):
    istdbench("report tophat mpcm --records-only")
    assert set(METHODS) <= {row[0] for row in table_after(again.page, "95 % interval")}
    assert not again.page.all("article") and "Curves" not in [each.text for each in again.page.all("h3")]


def test_data_that_are_gone_leave_the_leaderboard_and_say_why(made, again, istdbench):
    hidden = made.folder / "scenes"
    hidden.rename(made.folder / "hidden")
    try:
        result = istdbench("report")
    finally:
        (made.folder / "hidden").rename(hidden)
    assert "no curves and pictures of tophat" in result.stderr
    notes = [note.text for note in again.page.all("p", kind="note")]
    assert len(notes) == 2 and all("No curves and pictures of" in note and "scenes" in note for note in notes)
    assert set(METHODS) <= {row[0] for row in table_after(again.page, "95 % interval")}


def test_markup_in_a_record_is_shown_and_not_obeyed(again, istdbench):
    [path] = (again.folder / "leaderboards").rglob("tophat-*.json")
    record = json.loads(path.read_text())
    record["provenance"]["command"] = hostile = '<img src="http://example.org/x"><script>alert(1)</script>'
    path.write_text(json.dumps(record))
    istdbench("report --records-only")
    assert not again.page.all("script") and not again.page.all("img")
    assert hostile in [cell.text for cell in again.page.all("code")]


def test_no_records_and_records_of_two_folders_are_refused(made, again, istdbench):
    assert "no sound records under elsewhere" in istdbench("report --out elsewhere", code=2).stderr
    paths = [next((each.folder / "leaderboards").rglob("tophat-*.json")) for each in (made, again)]
    assert "records of several folders" in istdbench(f"report {paths[0]} {paths[1]}", code=2).stderr
