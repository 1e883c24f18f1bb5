"""The columns that a leaderboard shows first, and that whatever the whole table says still stands on its page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rendered import rendered
from results.sample_records import PROBES, make_record, table_of

from istdbench.metrics import REFERENCE
from istdbench.metrics.alarms import ALARMS
from istdbench.reports.badges import badge
from istdbench.reports.front_table import MOST
from istdbench.reports.leaderboard import leaderboard, tables
from istdbench.reports.markdown import pages
from istdbench.results import GridInfo, PredictionsInfo, Record

ENTRIES = (*REFERENCE, *ALARMS)
BUSY = {**PROBES, "latency": PROBES["latency"] | {"waited_share": 0.5}}
ALARMED = {"false_regions": 0.5, "alarmed_backgrounds": 0.25, "alarms_per_hour_at_25_Hz": 45000.0}
COSTS = ["parameters", "GMACs", "latency, ms", "badge"]
SMALL = r"<br><sub>(.*?)</sub>"


def values(iou: float, **more: float) -> dict[str, Any]:
    return {"IoU": iou, "nIoU": 0.7, "Pd": 0.95, "Fa": 2e-5, "F1": 0.4321, **more}


def weighed(record: Record, **changed: Any) -> Record:
    assert record.weights is not None
    return record.model_copy(update={"weights": record.weights.model_copy(update=changed)})


RELEASED = {"imported": {"file": "a.pth", "released": {"file": "a.pth", "repository": "a/b", "commit": "c" * 40}}}
IMPORTED = {"imported": {"file": "a.pth"}}
MAPS = PredictionsInfo(sha256="0" * 64, folder="maps")


def sample() -> list[Record]:
    """Two settings; intervals, two seeds, options, a second grid, published numbers and three kinds of notes."""
    ends = {"IoU": (0.7, 0.8), "F1": (0.41, 0.44)}
    grid = GridInfo(side=512, values=values(0.61))
    return [
        make_record("mim_istd", values(0.73), seed=0, intervals=ends, second_grid=grid),
        make_record("mim_istd", values(0.75), seed=1, intervals=ends, second_grid=grid),
        make_record("mim_istd:inner=all,word=4", values(0.7), intervals=ends, options={"inner": "all"}, probes=BUSY),
        weighed(make_record("acm", values(0.7)), training=RELEASED, source="released"),
        make_record("tophat", values(0.05), kind="classical", probes={}),
        make_record("mim_istd", values(0.5), protocol="short", config="another"),
    ]


def page_of(records: list[Record]) -> str:
    [page] = leaderboard(records, ENTRIES, table_of).values()
    return page


def shown(page: str) -> list[list[list[str]]]:
    """The tables of a page: rows of cells as a reader sees them, each note in the place of its mark."""
    page = page.replace("**", "").replace("<u>", "").replace("</u>", "")
    notes = dict(re.findall(r"^\[\^(\d+)\]: (.*)$", page, re.MULTILINE))
    found: list[list[list[str]]] = []
    for row in rendered(page).cells:
        cells = [re.sub(r"\[\^(\d+)\]", lambda mark: f" ({notes[mark[1]]})", cell) for cell in row]
        if {"method", "IoU ↑"} <= set(cells):
            found.append([])
        found[-1].append(cells)
    return found


def columns(table: list[list[str]]) -> dict[str, list[str]]:
    return {heading: list(cells) for heading, *cells in zip(*table, strict=True)}


def test_a_page_shows_at_most_ten_columns_first() -> None:
    front, _, other, _ = shown(page_of(sample()))
    assert front[0] == ["rank (group)", "method", "IoU ↑", "nIoU ↑", "Pd ↑", "Fa ×10⁻⁶ ↓", *COSTS]
    assert front[0] == other[0] and len(front[0]) == MOST == 10


def test_false_alarms_on_images_without_a_target_take_the_places_of_costs() -> None:
    front, whole = shown(page_of([make_record("a", values(0.5, **ALARMED)), make_record("b", values(0.4))]))
    assert len(front[0]) == MOST
    assert front[0][6:] == ["False regions per background ↓", "Alarmed backgrounds ↓", *COSTS[-2:]]
    assert {*COSTS[:3], "Alarms per hour at 25 Hz ×10³ ↓"} <= set(whole[0])


def test_the_whole_tables_stand_on_the_page_figure_by_figure() -> None:
    found = tables(sample(), ENTRIES, table_of)
    assert shown(page_of(sample()))[1::2] == shown(pages(found))
    assert {"F1 ↑", "IoU ↑ on 512 × 512", "published IoU ↑", "epochs", "record"} <= set(shown(pages(found))[0][0])


def test_a_row_shows_what_it_shows_in_the_whole_table_with_its_interval_in_small_print() -> None:
    front, whole = map(columns, shown(page_of(sample()))[:2])
    for heading in front.keys() & whole.keys() - {"method"}:
        assert [re.sub(SMALL, r" \1", cell) for cell in front[heading]] == whole[heading]
    assert front["IoU ↑"][0] == "0.7400 ± 0.0141<br><sub>[0.7000, 0.8000]</sub>"
    assert front["rank (group)"] == ["1 (1)", "2 (2)", "2 (2)", "3 (3)"]


def test_marks_stay_at_what_they_mark() -> None:
    front, whole = map(columns, shown(page_of(sample()))[:2])
    options = [re.sub(SMALL, "", cell) for cell in front["method"]]
    assert [cell.partition(" (")[2] for cell in options] == [cell.partition(" (")[2] for cell in whole["method"]]
    [authors] = [cell for cell in front["method"] if cell.startswith("acm")]
    assert authors.startswith("acm (Authors' weights, a.pth of a/b at ccccccc: ")
    [busy] = [cell for cell in front["latency, ms"] if "too high" in cell]
    assert busy in whole["latency, ms"] and front["latency, ms"].index(busy) == whole["latency, ms"].index(busy)


def test_options_stand_below_their_method_and_rows_of_one_method_are_told_apart() -> None:
    one, other = make_record("a", values(0.5)), make_record("a", values(0.4), epochs=7)
    front, _ = map(columns, shown(page_of([one, other, make_record("b:of=1,to=2", values(0.3))])))
    assert front["method"] == [f"a ({one.key[:8]})", f"a ({other.key[:8]})", "b<br><sub>of=1, to=2</sub>"]


def test_the_folded_sections_are_markdown_between_two_tags() -> None:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table"])
    blocks = [token for token in reader.parse(page_of(sample())) if token.level == 0]
    kinds = "\n".join(token.content.strip() if token.type == "html_block" else token.type for token in blocks)
    opened = r"<details>\n<summary>All columns: .*</summary>\n"
    assert len(re.findall(rf"table_open\ntable_close\n{opened}table_open\ntable_close\n</details>", kinds)) == 2
    assert kinds.count("<details>") == kinds.count("</details>") == 3


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (make_record(), "trained here"),
        (make_record(kind="classical"), "run here"),
        (weighed(make_record(), training=RELEASED, source="file"), "authors' weights"),
        (weighed(make_record(), training=IMPORTED, source="file"), "imported weights"),
        (weighed(make_record(), training={}, source="file"), "unknown weights"),
        (make_record(kind="predictions").model_copy(update={"predictions": MAPS}), "from maps"),
    ],
)
def test_a_badge_says_whose_a_number_is(run: Record, said: str) -> None:
    assert badge([run]) == said
    assert columns(shown(page_of([run]))[0])["badge"] == [said]
    assert f"*{said}*, " in page_of([run])


def test_runs_of_two_kinds_have_both_badges() -> None:
    runs = [make_record(), make_record(seed=1), weighed(make_record(seed=2), training={})]
    assert badge(runs) == "trained here, unknown weights"
