"""The efficiency leaderboard: rows and order from cost records, and records that are not what they say."""

import pytest
from results.sample_records import PROVENANCE

from istdbench.reports.efficiency import EFFICIENCY, efficiency
from istdbench.results.cost import COSTS, CostRecord, load_costs, save_cost
from istdbench.runs.probing import measure
from istdbench.spec import parse_spec


def cost(method, parameters=None, gmacs=None, size=(512, 512), notes=()):
    probes = {}
    if parameters is not None:
        probes["parameters"] = {"parameters": parameters}
    if gmacs is not None:
        probes["flops"] = {"gmacs": gmacs, "thop_gmacs": 0.9 * gmacs, "thop_parameters": 7}
    probes["latency"] = {"median_ms": 1234.56}
    return CostRecord(method=method, options={}, size=size, probes=probes, notes=list(notes), provenance=PROVENANCE)


def rows(page):
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line[:1] == "|"]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:] if line[0] != "method"]


def test_a_row_holds_true_counts_thop_s_and_the_paper_s():
    [row] = rows(efficiency([cost("mim_istd", 1_678_809, 1.674)]))
    assert (row["parameters"], row["GMACs"]) == ("1,678,809", "1.674")
    assert (row["parameters by thop"], row["latency, ms"]) == ("7", "1,234.6")
    assert row["published parameters"].startswith("1,160,000[^")
    assert row["published GMACs"].startswith("1.010[^")


def test_rows_go_from_small_to_large_and_a_classical_method_has_none():
    page = efficiency([cost("large", 9), cost("small", 2, 5.0), cost("cheap", 2, 1.0), cost("tophat")])
    assert [row["method"] for row in rows(page)] == ["tophat", "cheap", "small", "large"]
    assert rows(page)[0]["parameters"] == "–"


def test_sizes_do_not_share_a_table_and_a_failed_probe_is_said():
    page = efficiency([cost("a", 1), cost("b", 2, size=(256, 256), notes=["probe latency of b: killed"])])
    assert page.count("\n## ") == 2
    assert ": probe latency of b: killed" in page


def test_a_method_made_from_a_description_says_so_whatever_its_options():
    page = efficiency([cost("tci_former", 1), cost("tci_former:depth=2", 2), cost("acm", 3)])
    [note] = [line for line in page.splitlines() if ": Re-implemented from the description" in line]
    mark, _, text = note.partition(": ")
    assert [row["method"] for row in rows(page)] == [f"tci_former{mark}", f"tci_former:depth=2{mark}", "acm"]
    assert "Re-implemented from the description, since no code is public: Chen et al., TCI-Former" in text


def test_sizes_go_from_small_to_large():
    page = efficiency([cost("a", 1, size=(side, side)) for side in (1024, 2048, 256, 512)])
    assert [line.split(" ")[1] for line in page.splitlines() if line[:3] == "## "] == ["256", "512", "1024", "2048"]


def test_a_latency_of_a_busy_machine_says_so():
    record = cost("a", 1).model_copy(update={"probes": {"latency": {"median_ms": 9.0, "waited_share": 0.4}}})
    page = efficiency([record])
    assert rows(page)[0]["latency, ms"] == "9.0[^1]"
    assert "[^1]: too high, since other processes had its core for 40% of the time" in page


def test_records_come_back_and_the_page_is_written_only_where_there_are_some(tmp_path):
    assert EFFICIENCY.write([], [], tmp_path) == []
    record = cost("mim_istd:word=4", 3)
    path = save_cost(record, tmp_path)
    assert load_costs(tmp_path) == [record]
    assert EFFICIENCY.write([], [], tmp_path) == [tmp_path / "efficiency.md"]
    assert f"({COSTS}/{path.name.replace('=', '%3D')})" in (tmp_path / "efficiency.md").read_text()


def test_a_record_that_was_changed_or_moved_is_named_and_the_others_stay(tmp_path):
    path = save_cost(cost("mim_istd"), tmp_path)
    path.rename(path.with_name("other.json"))
    save_cost(cost("tophat"), tmp_path)
    with pytest.warns(match=r"left out: .*other.json: its content belongs in mim_istd-512x512-"):
        assert [record.method for record in load_costs(tmp_path)] == ["tophat"]
    path.with_name("other.json").write_text("{}")
    with pytest.warns(match=r"left out: .*other.json: not a cost record"):
        assert [record.method for record in load_costs(tmp_path)] == ["tophat"]


def test_at_another_size_than_the_paper_s_its_figures_are_not_shown():
    [row] = rows(efficiency([cost("mim_istd", 1_678_809, 0.4, size=(256, 256))]))
    assert (row["published parameters"], row["published GMACs"]) == ("–", "–")


def test_a_default_typed_out_is_the_same_record():
    assert measure(parse_spec("tophat:size=5"), [], (64, 64)).method == "tophat"
    assert measure(parse_spec("tophat:size=7"), [], (64, 64)).method == "tophat:size=7"
