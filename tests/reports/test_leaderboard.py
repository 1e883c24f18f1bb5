"""The Markdown leaderboard: a page kept as a file, and the rules one by one."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

import pytest
from results.sample_records import make_record, save_sample, table_of

from istdbench.errors import IstdbenchError
from istdbench.metrics import REFERENCE
from istdbench.metrics.metric import Metric
from istdbench.reports.board_table import BEST_ON_TEST
from istdbench.reports.leaderboard import LEADERBOARD
from istdbench.reports.leaderboard import leaderboard as leaderboard_of
from istdbench.results import RECORDS, BestOnTest, GridInfo, Record, Store

GOLDEN = Path(__file__).with_name("golden.md")
MAIN = REFERENCE[:4]


def values(iou: float, niou: float = 0.7, pd: float | None = 0.95, fa: float = 2e-5) -> dict[str, float | None]:
    return {"IoU": iou, "nIoU": niou, "Pd": pd, "Fa": fa}


def ends(iou: float) -> dict[str, tuple[float, float] | None]:
    return {"IoU": (iou - 0.06, iou + 0.05), "Fa": None}


def leaderboard(records: Iterable[Record], entries: Sequence[Metric]) -> dict[str, str]:
    return leaderboard_of(records, entries, table_of)


def sample() -> list[Record]:
    """Two protocols; a method with two seeds, one with options, a classical one without a defined Pd."""
    return [
        make_record("mim_istd", values(0.73, 0.72, 0.95, 2.0e-5), seed=0, intervals=ends(0.73)),
        make_record(
            "mim_istd", values(0.75, 0.71, 0.97, 1.0e-5), seed=1, intervals=ends(0.75), created="2026-02-01T00:00:00Z"
        ),
        make_record("baseline", values(0.70, 0.74, 0.96, 3.0e-5), intervals=ends(0.70)),
        make_record("mim_istd:inner=all", values(0.70, 0.60, 0.95, 2.5e-5), epochs=24, options={"inner": "all"}),
        make_record("tophat", values(0.05, 0.04, None, 9.9e-4), kind="classical", options={"size": 5}, probes={}),
        make_record("mim_istd", values(0.50), protocol="short", config="another"),
    ]


def rows(page: str) -> list[dict[str, str]]:
    """The body rows of the first whole table of a page, by heading."""
    whole = page.split("<summary>All columns")[1].split("</details>")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in whole.splitlines() if line[:1] == "|"]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def test_the_page_is_the_one_that_was_read_and_approved() -> None:
    assert leaderboard(sample(), MAIN) == {"nuaa": GOLDEN.read_text(encoding="utf-8")}


def test_the_order_of_the_records_changes_no_byte() -> None:
    expected = leaderboard(sample(), MAIN)
    for seed in range(20):
        shuffled = sample()
        random.Random(seed).shuffle(shuffled)
        assert leaderboard(shuffled, MAIN) == expected


def test_every_link_leads_to_its_record(tmp_path: Path) -> None:
    records = [*sample(), make_record("tophat", values(0.1), kind="classical", name="folder:/my data/a(b)")]
    for record in records:
        save_sample(Store(tmp_path / RECORDS), record)
    for path in LEADERBOARD.write(Store(tmp_path / RECORDS).load_all(), MAIN, tmp_path):
        links = [part.split(")")[0] for part in path.read_text().split("](")[1:]]
        assert links
        for link in links:
            assert (path.parent / unquote(link)).is_file()


@pytest.mark.parametrize(
    "other",
    [
        make_record("baseline", values(0.9), config="another"),
        make_record("baseline", values(0.9), split="5050"),
        make_record("baseline", values(0.9), part="val"),
        make_record("baseline", values(0.9), fingerprint="f" * 64),
        make_record("baseline", values(0.9), split_hash="f" * 64),
        make_record("baseline", values(0.9), metric_version=2),
    ],
    ids=["protocol hash", "split", "part", "fingerprint", "split hash", "metric version"],
)
def test_numbers_that_cannot_be_compared_never_share_a_table(other: Record) -> None:
    page = leaderboard([make_record("mim_istd", values(0.5)), other], MAIN)["nuaa"]
    _, *sections = page.split("\n## ")
    assert sorted(("**0.5000**" in section, "**0.9000**" in section) for section in sections) == [
        (False, True),
        (True, False),
    ]


def test_each_data_set_has_its_own_page() -> None:
    pages = leaderboard([make_record(), make_record(name="synth:n=64,scr=3")], MAIN)
    assert set(pages) == {"nuaa", "synth-n=64-scr=3"}
    assert pages["synth-n=64-scr=3"].startswith("# synth:n=64,scr=3\n")


def test_no_records_give_no_pages(tmp_path: Path) -> None:
    assert leaderboard([], MAIN) == {}
    assert LEADERBOARD.write([], MAIN, tmp_path) == []


def test_rows_are_sorted_by_iou_then_name_and_an_undefined_iou_comes_last() -> None:
    records = [
        make_record("b", values(0.5)),
        make_record("a", values(0.5)),
        make_record("z", values(0.9)),
        make_record("c", values(float("nan"))),
    ]
    assert [row["method"] for row in rows(leaderboard(records, MAIN)["nuaa"])] == ["z", "a", "b", "c"]


def test_best_and_second_follow_each_metrics_own_direction() -> None:
    records = [
        make_record("a", values(0.9, fa=3e-6)),
        make_record("b", values(0.8, fa=1e-6)),
        make_record("c", values(0.7, fa=2e-6)),
    ]
    table = rows(leaderboard(records, MAIN)["nuaa"])
    assert [row["IoU ↑"] for row in table] == ["**0.9000**", "<u>0.8000</u>", "0.7000"]
    assert [row["Fa ×10⁻⁶ ↓"] for row in table] == ["3.000", "**1.000**", "<u>2.000</u>"]


def test_values_that_look_the_same_share_their_rank() -> None:
    records = [make_record("a", values(0.90001)), make_record("b", values(0.9)), make_record("c", values(0.8))]
    table = rows(leaderboard(records, MAIN)["nuaa"])
    assert [row["IoU ↑"] for row in table] == ["**0.9000**", "**0.9000**", "<u>0.8000</u>"]


def test_the_interval_stands_behind_the_value_and_is_not_ranked() -> None:
    records = [make_record("a", values(0.9), intervals=ends(0.9)), make_record("b", values(0.8), intervals=ends(0.8))]
    table = rows(leaderboard(records, MAIN)["nuaa"])
    assert [row["IoU ↑"] for row in table] == ["**0.9000** [0.8400, 0.9500]", "<u>0.8000</u> [0.7400, 0.8500]"]
    assert "[" not in table[0]["Fa ×10⁻⁶ ↓"]  # its interval is None


def test_the_spread_of_seeds_and_the_interval_over_images_have_signs_of_their_own() -> None:
    runs = [make_record("a", values(iou), seed=seed, intervals=ends(iou)) for seed, iou in enumerate((0.7, 0.8))]
    page = leaderboard(runs, MAIN)["nuaa"]
    assert rows(page)[0]["IoU ↑"] == "**0.7500 ± 0.0707** [0.6900, 0.8000]"
    assert "interval over *images*" in page and "over *training seeds*" in page


def test_rows_that_cannot_be_told_apart_share_a_group() -> None:
    records = [make_record(name, values(iou)) for name, iou in (("a", 0.9), ("b", 0.8), ("c", 0.8))]
    undefined = make_record("d", {"IoU": None})
    table = rows(leaderboard([*records, undefined], MAIN)["nuaa"])
    assert [row["group"] for row in table] == ["1", "2", "2", "–"]


def test_a_table_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / RECORDS)
    path = save_sample(store, make_record())
    [table] = path.parent.glob("*.csv")
    table.write_text(table.read_text().replace("750", "950"))
    with pytest.raises(IstdbenchError, match="changed since"):
        LEADERBOARD.write([store.load(path)], MAIN, tmp_path)


def test_best_on_test_is_a_column_of_its_own_only_where_it_was_asked_for() -> None:
    asked = make_record("a", values(0.5), best_on_test=BestOnTest(threshold=0.31, iou=0.6123))
    [row, other] = rows(leaderboard([asked, make_record("b", values(0.4))], MAIN)["nuaa"])
    assert "not comparable" in BEST_ON_TEST
    assert (row["IoU ↑"], row[BEST_ON_TEST], other[BEST_ON_TEST]) == ("**0.5000**", "0.6123", "–")
    assert BEST_ON_TEST not in leaderboard([make_record("b", values(0.4))], MAIN)["nuaa"]


def test_published_numbers_stand_in_columns_of_their_own_and_are_not_ranked() -> None:
    [row] = rows(leaderboard([make_record("mim_istd", values(0.1))], MAIN)["nuaa"])
    assert row["IoU ↑"] == "**0.1000**"
    assert row["published IoU ↑"].startswith("0.8080[^")
    assert row["published Fa ×10⁻⁶ ↓"].startswith("2.179[^")


@pytest.mark.parametrize(
    "record",
    [
        make_record("mim_istd", split="5050"),
        make_record("mim_istd:inner=all", options={"inner": "all"}),
        make_record("tophat", kind="classical"),
        make_record("mim_istd", name="synth"),
    ],
    ids=["another split", "other options", "another method", "another data set"],
)
def test_published_numbers_stand_only_beside_what_they_were_printed_for(record: Record) -> None:
    [page] = leaderboard([record], MAIN).values()
    assert not any(heading.startswith("published") for heading in rows(page)[0])


def test_a_metric_that_no_paper_printed_has_no_published_column() -> None:
    [page] = leaderboard([make_record("mim_istd")], REFERENCE).values()
    assert "Precision ↑" in page and "published Precision" not in page


def test_a_bar_in_a_name_does_not_end_its_cell() -> None:
    [page] = leaderboard([make_record("a:of=x|y", values(0.5))], MAIN).values()
    assert "a:of=x\\|y" in page


def test_a_full_disk_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / RECORDS)
    for record in sample():
        save_sample(store, record)
    [path] = LEADERBOARD.write(store.load_all()[:1], MAIN, tmp_path)
    before = path.read_bytes()

    def fail(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(IstdbenchError, match="nuaa.md"):
        LEADERBOARD.write(store.load_all(), MAIN, tmp_path)
    assert path.read_bytes() == before and set(tmp_path.iterdir()) == {path, store.root}


def test_a_second_grid_stands_beside_the_native_one_and_says_which_it_is() -> None:
    records = [
        make_record("mim_istd", values(0.7), seed=0, second_grid=GridInfo(side=512, values=values(0.6))),
        make_record("mim_istd", values(0.7), seed=1, second_grid=GridInfo(side=512, values=values(0.8, pd=None))),
        make_record("baseline", values(0.5)),
    ]
    first, second = rows(leaderboard(records, MAIN)["nuaa"])
    assert first["IoU ↑ on 512 × 512"] == "0.7000"
    assert first["Pd ↑ on 512 × 512"] == "–"
    assert second["IoU ↑ on 512 × 512"] == "–"
