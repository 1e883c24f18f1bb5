"""Which runs make one row."""

from __future__ import annotations

import math
import statistics

import pytest
from results.sample_records import digest, make_record

from istdbench.metrics import REFERENCE
from istdbench.reports import cells
from istdbench.reports.papers import published
from istdbench.reports.rows import Row, boards
from istdbench.results import Record

IOU, FA = REFERENCE[0], REFERENCE[3]


def rows_of(*records: Record) -> tuple[Row, ...]:
    [board] = boards(records, REFERENCE)
    return board.rows


def iou(value: float) -> dict[str, float]:
    return {"IoU": value}


def test_seeds_of_one_method_make_one_row_with_mean_and_sample_deviation() -> None:
    scores = [0.70, 0.74, 0.75]
    [row] = rows_of(*(make_record(values=iou(score), seed=seed) for seed, score in enumerate(scores)))
    assert [run.seed for run in row.runs] == [0, 1, 2]
    assert row.mean("IoU") == pytest.approx(statistics.fmean(scores))
    assert row.deviation("IoU") == pytest.approx(statistics.stdev(scores))
    assert cells.mean_and_deviation(IOU, row) == "0.7300 ± 0.0265"


def test_one_seed_has_no_deviation() -> None:
    [row] = rows_of(make_record(values=iou(0.5)))
    assert row.deviation("IoU") is None
    assert cells.mean_and_deviation(IOU, row) == "0.5000"


def test_a_metric_undefined_for_one_seed_is_undefined_for_the_row() -> None:
    [row] = rows_of(make_record(values=iou(0.5)), make_record(values=iou(math.nan), seed=1))
    assert math.isnan(row.mean("IoU"))
    assert cells.mean_and_deviation(IOU, row) == cells.NONE


def test_a_default_typed_out_is_the_same_method() -> None:
    [row] = rows_of(make_record("mim_istd:inner=first"), make_record("mim_istd", seed=1))
    assert row.method == "mim_istd"


@pytest.mark.parametrize("change", [{"options": {"inner": "all"}}, {"epochs": 24}, {"method": "baseline"}])
def test_another_method_option_or_training_is_another_row(change: dict) -> None:
    assert len(rows_of(make_record(), make_record(**{"seed": 1, **change}))) == 2


def test_two_runs_of_one_seed_differ_in_more_than_it_and_are_not_averaged() -> None:
    first = make_record(values=iou(0.5))
    assert first.weights is not None
    second = make_record(values=iou(0.6)).model_copy(
        update={"weights": first.weights.model_copy(update={"sha256": digest("other weights")})}
    )
    assert [len(row.runs) for row in rows_of(first, second)] == [1, 1]


def test_the_same_weights_under_two_seeds_are_one_run() -> None:
    first = make_record(values=iou(0.5))
    again = make_record(values=iou(0.5), seed=7).model_copy(update={"weights": first.weights})
    [row] = rows_of(again, first)
    assert [run.seed for run in row.runs] == [0]


def test_date_and_probes_are_those_of_the_newest_run() -> None:
    old = make_record(seed=1, created="2026-01-01T00:00:00Z", probes={"latency": {"median_ms": 9.0}})
    new = make_record(seed=0, created="2026-03-01T00:00:00Z", probes={"latency": {"median_ms": 1.0}})
    [row] = rows_of(old, new)
    assert (row.date, row.probe("latency", "median_ms")) == ("2026-03-01", 1.0)


def test_a_probe_that_was_not_run_is_a_dash() -> None:
    [row] = rows_of(make_record(probes={}))
    shown = (cells.parameters(row), cells.millions(row), cells.gmacs(row), cells.latency(row))
    assert shown == (cells.NONE,) * 4
    assert cells.machine(row) == ""


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.1, "Model T"), (0.37, "Model T, too high, since other processes had its core for 37% of the time")],
)
def test_a_latency_of_a_busy_machine_says_so(share: float, said: str) -> None:
    [row] = rows_of(make_record(probes={"latency": {"median_ms": 9.0, "device": "Model T", "waited_share": share}}))
    assert cells.machine(row) == said


def test_a_classical_method_has_no_parameters_and_no_epochs() -> None:
    [row] = rows_of(make_record(kind="classical", probes={"parameters": {"parameters": 0}}))
    assert (cells.parameters(row), cells.millions(row), cells.epochs(row)) == ("0", "0", cells.NONE)


def test_weights_that_do_not_say_their_epochs_show_a_dash() -> None:
    [row] = rows_of(make_record(epochs=None))
    assert cells.epochs(row) == cells.NONE


def test_without_metrics_rows_are_in_the_order_of_their_names() -> None:
    [board] = boards([make_record("b"), make_record("a")], [])
    assert [row.method for row in board.rows] == ["a", "b"]


def test_where_lower_is_better_the_lowest_row_comes_first() -> None:
    [board] = boards([make_record("a", {"Fa": 2e-6}), make_record("b", {"Fa": 1e-6})], [FA])
    assert [row.method for row in board.rows] == ["b", "a"]


def test_where_no_image_has_a_target_what_needs_one_is_left_out_and_fa_orders_the_rows() -> None:
    nothing = {"IoU": 0.0, "nIoU": 0.0, "Pd": None}
    [board] = boards([make_record("a", {**nothing, "Fa": 2e-6}), make_record("b", {**nothing, "Fa": 1e-6})], REFERENCE)
    assert [row.method for row in board.rows] == ["b", "a"]
    assert board.headlines(REFERENCE, 4) == board.shown(REFERENCE) == [FA]
    [board] = boards([make_record("a", {"IoU": 0.0, "Pd": 0.0})], REFERENCE)  # one that finds nothing is no such set
    assert board.shown(REFERENCE) == list(REFERENCE)


@pytest.mark.parametrize(("index", "expected"), [(0, "IoU ↑"), (3, "Fa ×10⁻⁶ ↓")])
def test_headings_carry_unit_and_direction(index: int, expected: str) -> None:
    assert cells.heading(REFERENCE[index]) == expected


def test_published_values_are_fractions_that_print_as_the_paper_prints_them() -> None:
    printed = {
        (row.dataset, row.method): tuple(
            cells.metric(entry, row.values[entry.name]) for entry in REFERENCE if entry.name in row.values
        )
        for row in published()
        if row.key != "mim_table1_final"
    }
    assert printed == {  # MiM-ISTD paper, Tables 1 and 3, percent there
        ("nuaa", "mim_istd"): ("0.8080", "0.8020", "1.0000", "2.179"),
        ("nuaa", "baseline"): ("0.7633", "0.7360", "0.9817", "8.125"),
        ("nuaa", "conv_inner"): ("0.7847", "0.7626", "0.9915", "5.014"),
        ("irstd1k", "mim_istd"): ("0.7033", "0.6782", "0.9691", "13.490"),
        # BasicIRSTD's README
        ("nuaa", "tophat"): ("0.0714", "0.7984", "1012.003"),
        ("nuaa", "ipi"): ("0.2567", "0.8555", "11.470"),
        ("nuaa", "nram"): ("0.1216", "0.7452", "13.852"),
        ("nuaa", "pstnn"): ("0.2240", "0.7795", "29.109"),
        ("irstd1k", "tophat"): ("0.1006", "0.7511", "1432.003"),
        ("irstd1k", "ipi"): ("0.2792", "0.8137", "16.183"),
        ("irstd1k", "nram"): ("0.1525", "0.7068", "16.926"),
        ("irstd1k", "pstnn"): ("0.2457", "0.7199", "35.261"),
        # READMEs of their authors
        ("nuaa", "sctransnet"): ("0.7750", "0.8108", "0.9695", "13.920"),
        ("irstd1k", "sctransnet"): ("0.6803", "0.6815", "0.9327", "10.740"),
        ("irstd1k", "hdnet"): ("0.7026", "0.9456", "4.330"),
    }
