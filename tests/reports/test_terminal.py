"""The leaderboard on a terminal."""

from __future__ import annotations

import pytest
from results.sample_records import make_record

from istdbench.metrics import REFERENCE
from istdbench.reports.terminal import tables
from istdbench.results import Record


def shown(records: list[Record], width: int = 80) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("istdbench.reports.plain.terminal_width", lambda: width)
        text = tables(records, REFERENCE)
    *_, rule = [line for line in text.splitlines() if set(line) == {"-", " "}]
    assert len(rule) <= width
    return text


VALUES = {"IoU": 0.75, "nIoU": 0.7, "Pd": None, "Fa": 1.25e-5}


def test_eighty_columns_show_every_number_whole() -> None:
    text = shown([make_record("mim_istd", VALUES), make_record("conv_inner", VALUES)])
    for part in ("mim_istd", "conv_inner", "0.7500", "0.7000", "–", "12.500", "1.68 M", "1.250", "120.4", "400"):
        assert part in text


def test_several_seeds_show_mean_and_deviation() -> None:
    text = shown([make_record(values=VALUES), make_record(values=VALUES | {"IoU": 0.77}, seed=1)], width=120)
    assert "0.7600 ± 0.0141" in text


def test_the_machine_of_the_latency_is_named() -> None:
    assert "ms: 512x512, Model T, 2 threads" in shown([make_record(values=VALUES)])
    assert "ms:" not in shown([make_record(values=VALUES, probes={})])


@pytest.mark.parametrize("other", [{"split": "5050"}, {"config": "another"}, {"name": "irstd1k"}])
def test_numbers_that_cannot_be_compared_stand_in_two_tables(other: dict) -> None:
    text = shown([make_record(values=VALUES), make_record(values=VALUES, **other)], width=120)
    assert text.count("metric version 1") == 2
