"""Tables 1 to 3 of the MiM-ISTD paper, from records made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from results.sample_records import PROVENANCE, make_record

from istdbench.metrics import REFERENCE
from istdbench.paper.accuracy import accuracy, table1, table3
from istdbench.paper.table2 import table2
from istdbench.paper.view import View
from istdbench.registry import METHODS
from istdbench.reports.papers import Published, published, published_costs, published_for
from istdbench.results import GridInfo
from istdbench.results.cost import CostRecord
from istdbench.results.provenance import Provenance
from istdbench.results.record_parts import ProbeValue

VALUES = {"IoU": 0.79, "nIoU": 0.7, "Pd": 0.95, "Fa": 12e-6}
ENDS: dict[str, Any] = {"IoU": (0.74, 0.82), "nIoU": (0.6, 0.75), "Pd": (0.9, 0.98), "Fa": None}
AS_PRINTED = """
nram         12.16  10.22  74.52  13.85  15.25  9.899  70.68  16.93
tllcm        1.029  0.905  79.09   5899  3.311  0.784  77.39   6738
pstnn        22.40  22.35  77.95  29.11  24.57  17.93  71.99  35.26
mslstipt     10.30   9.58  82.13   1131  11.43   5.93  79.03   1524
mdvsfa       60.30  58.26  89.35  56.35  49.50  47.41  82.11  80.33
acm          72.33  71.43  96.33  9.325  60.97  58.02  90.58  21.78
alcnet       74.31  73.12  97.34  20.21  62.05  59.58  92.19  31.56
dnanet       75.27  73.68  98.17  13.62  69.01  66.22  91.92  17.57
dcfrnet      76.23  74.69  99.08  6.520  65.41  65.45  93.60  7.345
agpcnet      70.60  70.16  97.25  37.44  62.82  63.01  90.57  29.82
dim2clear    77.20  75.20  99.10   6.72   66.3   64.2   93.7   20.9
fc3net       74.22  72.64  99.12  6.569  64.98  63.59  92.93  15.73
iaanet       75.31  74.65  98.22  35.65  59.82  58.24  88.62  24.79
rkformer     77.24  74.89  99.11  1.580  64.12  64.18  93.27  18.65
isnet        80.02  78.12  99.18  4.924  68.77  64.84  95.56  15.39
segformer    67.64  66.43  89.92  35.83  60.12  57.23  88.92  38.93
tci_former   80.79  79.85  99.23  4.189  70.14  67.69  96.31  14.81
mim_istd     80.92  80.13    100  2.168  70.36  68.05  96.95  13.38
"""
"""Method, then IoU, nIoU, Pd (percent) and Fa (1e-6) on NUAA-SIRST and on IRSTD-1k, as in asset/performance.jpg."""


def printed(method: str = "mim_istd", key: str = "a", **values: float) -> Published:
    standard = {"IoU": 0.808, "nIoU": 0.802, "Pd": 1.0, "Fa": 2e-6}
    return Published(key, f"Paper {key}", "nuaa", "official", method, standard | values)


def rows_of(view: View, section: int = 0) -> list[list[str]]:
    """The cells of one of a page's tables, without the lines of its head."""
    table = view.markdown.split("\n## ")[section + 1]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("\\`", "`") for cell in line.strip("|").split("|")] for line in lines[2:]]


def block(view: View, method: str, section: int = 0) -> list[list[str]]:
    """The rows of one method, without its name."""
    rows = rows_of(view, section)
    start = [row[0] for row in rows].index(method)
    rest = [row[0] for row in rows[start + 1 :]]
    length = next((place for place, name in enumerate(rest, start=1) if name), len(rest) + 1)
    return [list(row[1:]) for row in rows[start : start + length]]


def test_published_measured_and_difference_stand_below_each_other() -> None:
    view = accuracy("T", [printed()], [make_record(values=VALUES, intervals=ENDS)], REFERENCE)
    said = f"measured: native grid, native ({make_record().protocol.hash[:8]}), 400 epochs, 1 seed"
    assert block(view, "mim_istd") == [
        ["published[^1]", "0.8080", "0.8020", "1.0000", "2.000"],
        [said, "0.7900 [0.7400, 0.8200]", "0.7000 [0.6000, 0.7500]", "0.9500 [0.9000, 0.9800]", "12.000"],
        ["difference from [^1]", "-0.0180, inside", "-0.1020, outside", "-0.0500, outside", "+10.000"],
    ]
    assert view.markdown.endswith("\n\n[^1]: Paper a.\n")


def test_a_second_grid_has_a_row_and_a_difference_of_its_own() -> None:
    grid = GridInfo(side=512, values=VALUES | {"IoU": 0.81}, intervals={"IoU": (0.78, 0.83)})
    native, *_, second, difference = block(
        accuracy("T", [printed()], [make_record(values=VALUES, second_grid=grid)], REFERENCE), "mim_istd"
    )[1:]
    assert native[0].startswith("measured: native grid") and second[0].startswith("measured: 512 × 512 grid")
    assert second[1] == "0.8100 [0.7800, 0.8300]" and second[2] == "0.7000"
    assert difference[1:3] == ["+0.0020, inside", "-0.1020"]


def test_a_method_printed_twice_has_two_differences() -> None:
    papers = [printed(), printed(key="b", IoU=0.81)]
    rows = block(accuracy("T", papers, [make_record(values=VALUES)], REFERENCE), "mim_istd")
    assert [row[0].split()[0] for row in rows] == [
        "published[^1]",
        "published[^2]",
        *["measured:"],
        *["difference"] * 2,
    ]
    assert [row[1] for row in rows[3:]] == ["-0.0180", "-0.0200"]


def test_rows_of_several_protocols_and_seeds_are_told_apart() -> None:
    records = [make_record(values=VALUES | {"IoU": 0.7 + seed / 100}, seed=seed) for seed in range(3)]
    records.append(make_record(values=VALUES, protocol="cpu512", config="another"))
    rows = [row for row in block(accuracy("T", [printed()], records, REFERENCE), "mim_istd") if "measured" in row[0]]
    assert ["3 seeds" in row[0] for row in rows] == [False, True] and "cpu512" in rows[0][0]
    assert rows[1][1] == "0.7100"


@pytest.mark.parametrize(
    "other", [{"split": "5050"}, {"name": "irstd1k"}, {"part": "val"}, {"method": "mim_istd:inner=all"}]
)
def test_records_of_something_else_are_no_measurement(other: dict[str, Any]) -> None:
    rows = block(accuracy("T", [printed()], [make_record(**other)], REFERENCE), "mim_istd")
    assert [row[0] for row in rows[1:]] == ["no record; `istdbench run --methods mim_istd --dataset nuaa --train`"]


def test_without_a_record_the_row_says_how_to_make_one() -> None:
    view = accuracy("T", [printed("tophat"), printed("unheard_of")], [], REFERENCE)
    dashes = ["–"] * 4
    assert block(view, "tophat")[1] == ["no record; `istdbench run --methods tophat --dataset nuaa`", *dashes]
    assert block(view, "unheard_of")[1] == ["not a method here; `istdbench new-plugin unheard_of` begins one", *dashes]


def test_every_row_of_table_1_and_2_is_filled_or_says_why_not() -> None:
    for view in (table1([], REFERENCE), table2([])):
        for place in range(len(view.tables)):
            for method in (row[0] for row in rows_of(view, place) if row[0]):
                said = block(view, method, place)[-1][0]
                assert said.startswith(("no record; ", "needs sequences", "not probed; ", "not built: ")), said
                assert said.startswith("not built") == (method not in METHODS.names())
                assert said != "not built: "


def test_a_row_is_filled_by_what_is_registered_under_its_name_and_marked_where_no_code_is_public() -> None:
    said = "Re-implemented from the description, since no code is public: Zhang et al., RKformer"
    command = "no record; `istdbench run --methods rkformer --dataset nuaa --train`"
    for view in (table1([], REFERENCE), table2([])):
        assert block(view, "rkformer")[1][0].endswith("]") and said in view.markdown
    assert block(table1([], REFERENCE), "rkformer")[1][0].startswith(command)
    accurate = table1([make_record(method="rkformer", values=VALUES)], REFERENCE)
    costly = table2([cost(PROBES, "rkformer")])
    for view in (accurate, costly):
        measured = block(view, "rkformer")[1][0]
        assert measured.startswith("measured: ") and measured.endswith("]") and said in view.markdown
    assert block(costly, "rkformer")[0][1:3] == ["29", "24.73"]


def test_what_the_related_work_names_beside_the_table_is_left_out_with_a_reason() -> None:
    legend = table1([], REFERENCE).legend
    for name in ("ABMNet", "BAUENet", "FTC-Net", "IRSTFormer"):
        assert f"{name}, no public code was found" in legend or f"{name}, neither public code" in legend


def test_an_undefined_value_has_no_difference() -> None:
    [_, measured, difference] = block(
        accuracy("T", [printed()], [make_record(values=VALUES | {"Pd": None})], REFERENCE), "mim_istd"
    )
    assert measured[3] == difference[3] == "–"


def test_table_1_has_all_methods_of_the_paper_on_both_data_sets() -> None:
    view = table1([], REFERENCE)
    assert [table.title.split(",")[0] for table in view.tables] == ["nuaa", "irstd1k"]
    for place in range(2):
        assert len([row for row in rows_of(view, place) if row[0]]) == 18
    assert [row[1:] for row in block(view, "mim_istd")[:2]] == [
        ["0.8080", "0.8020", "1.0000", "2.179"],
        ["0.8092", "0.8013", "1.0000", "2.168"],
    ]
    assert block(view, "dnanet", section=1)[0][1:] == ["0.6901", "0.6622", "0.9192", "17.570"]
    notes = [line.partition(": ")[2] for line in view.markdown.splitlines() if line.startswith("[^")]
    sources = [note for note in notes if not note.startswith("Re-implemented from the description")]
    assert len(sources) == 2 and all("Table 1" in source for source in sources)


def test_table_3_has_the_ablation_and_the_whole_network() -> None:
    rows = rows_of(table3([], REFERENCE))
    assert [row[0] for row in rows if row[0]] == ["baseline", "conv_inner", "mim_istd"]
    assert rows[0][2:] == ["0.7633", "0.7360", "0.9817", "8.125"]


def test_the_final_printing_is_the_one_of_the_authors_picture() -> None:
    read = [line.split() for line in AS_PRINTED.split("\n") if line]
    for place, dataset in ((1, "nuaa"), (5, "irstd1k")):
        rows = [row for row in published() if (row.key, row.dataset) == ("mim_table1_final", dataset)]
        assert [row.method for row in rows] == [method for method, *_ in read]
        for row, numbers in zip(rows, read, strict=True):
            iou, niou, pd, fa = map(float, numbers[place : place + 4])
            assert row.values == pytest.approx({"IoU": iou / 100, "nIoU": niou / 100, "Pd": pd / 100, "Fa": fa / 1e6})


def test_every_published_value_is_a_fraction_and_no_row_is_printed_twice_by_one_table() -> None:
    rows = published()
    assert all(0 <= value <= 1 for row in rows for value in row.values.values())
    assert all(row.values["Fa"] < 1e-2 < row.values["Pd"] for row in rows)
    assert len({(row.key, row.dataset, row.method) for row in rows}) == len(rows)


def test_leaderboards_show_the_first_printing() -> None:
    assert published_for("nuaa", "official", "test")["mim_istd"].key == "mim_table1"
    assert published_for("nuaa", "official", "test")["acm"].values["IoU"] == 0.7233


def test_no_paper_s_number_stands_beside_those_of_validation_images() -> None:
    assert published_for("nuaa", "official", "val") == {}


PROBES: dict[str, dict[str, ProbeValue]] = {
    "parameters": {"parameters": 1_678_809},
    "flops": {"gmacs": 1.3, "thop_gmacs": 1.0282, "thop_parameters": 1_175_400, "size": "512x512"},
    "latency": {"median_ms": 120.4, "device": "Model T", "threads": 2, "size": "512x512"},
    "memory": {"growth_mib": 210.0, "size": "512x512"},
}


def cost(
    probes: dict[str, dict[str, ProbeValue]],
    method: str = "mim_istd",
    size: tuple[int, int] = (512, 512),
    provenance: Provenance = PROVENANCE,
) -> CostRecord:
    return CostRecord(method=method, options={}, size=size, probes=probes, provenance=provenance)


def test_table_2_shows_the_papers_count_beside_the_true_one() -> None:
    view = table2([cost(PROBES)])
    assert block(view, "mim_istd") == [
        ["published[^1]", "1.16", "1.01", "–", "–"],
        ["measured: thop's count", "1.175", "1.028", "–", "–"],
        ["difference from [^1]", "+1.3 %", "+1.8 %", "–", "–"],
        ["measured: true count; Model T, 2 threads", "1.679", "1.3", "120.4", "210"],
    ]
    assert [row[0] for row in rows_of(view) if row[0]] == [row.method for row in published_costs()]


def test_table_2_without_probes_says_how_to_measure() -> None:
    said = "not probed; `istdbench probe --methods mim_istd --out leaderboards`"
    assert block(table2([]), "mim_istd")[1][0] == said
    assert block(table2([]), "iaanet")[0][1:] == ["14.05", "–", "–", "–"]


def test_table_2_holds_the_newest_cost_record_at_512() -> None:
    def made_at(created: str, gmacs: float, method: str = "mim_istd", size: tuple[int, int] = (512, 512)) -> CostRecord:
        return cost({"flops": {"gmacs": gmacs}}, method, size, PROVENANCE.model_copy(update={"created": created}))

    costs = [
        made_at("2026-02-01T00:00:00Z", 2.5),
        made_at("2026-01-01T00:00:00Z", 1.5),
        made_at("2026-03-01T00:00:00Z", 9.5, size=(256, 256)),
        made_at("2026-03-02T00:00:00Z", 8.5, method="mim_istd:word=4"),
    ]
    assert block(table2(costs), "mim_istd")[3][2] == "2.5"


def test_a_page_and_a_terminal_of_eighty_letters_show_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    view = accuracy("Title", [printed()], [make_record(values=VALUES, intervals=ENDS)], REFERENCE)
    monkeypatch.setattr("istdbench.reports.plain.terminal_width", lambda: 80)
    terminal, page = view.printed, view.markdown
    assert page.startswith("# Title\n\n") and "## nuaa, official split, test part" in page and "[^1]: Paper a." in page
    for part in ("mim_istd", "published[^1]", "0.8080", "[0.7400,", "0.8200]", "-0.0180,", "outside", "12.000"):
        assert part in terminal and part in page
