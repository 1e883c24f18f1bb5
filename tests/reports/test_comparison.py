"""Two records side by side: what may be compared, and what is said."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from results.sample_records import make_record, table_of

from istdbench.errors import DataError, UsageError
from istdbench.metrics import REFERENCE, Metric, Ratio
from istdbench.reports import cells
from istdbench.reports.comparison import Comparison, compare, sentence
from istdbench.results import Record
from istdbench.statistics import Paired

IOU, NIOU, PD, FA = REFERENCE[:4]
NAMES = ("ours", "theirs")


def compared(first: Record, second: Record) -> Comparison:
    return compare(first, second, (table_of(first), table_of(second)), REFERENCE)


def paired(first: float = 0.75, second: float = 0.74, p_value: float = 0.3, needed: int | None = 1234) -> Paired:
    return Paired(first, second, (-0.02 if p_value > 0.05 else 0.01, 0.04), p_value, 86, needed)


def test_every_metric_is_compared_image_by_image() -> None:
    found = compared(make_record("a", {"IoU": 0.8}), make_record("b", {"IoU": 0.7}))
    assert list(found.metrics) == [entry.name for entry in REFERENCE]
    assert found.metrics["IoU"].difference == pytest.approx(0.1) and found.metrics["IoU"].shown


def test_a_metric_that_fails_is_left_out_with_a_warning() -> None:
    fails = Metric(name="x", label="", summary="", higher_is_better=True, formula=Ratio(lambda image: 1 / 0, len))
    first, second = make_record("a"), make_record("b")
    with pytest.warns(UserWarning, match="metric x failed: ZeroDivisionError"):
        found = compare(first, second, (table_of(first), table_of(second)), (fails, IOU))
    assert list(found.metrics) == ["IoU"]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (make_record("b", name="synth"), "data set: nuaa and synth"),
        (make_record("b", fingerprint="f" * 64), "data fingerprint: .* and ffffffffffff"),
        (make_record("b", split="5050"), "split: official and 5050"),
        (make_record("b", split_hash="f" * 64), "split hash: .* and ffffffffffff"),
        (make_record("b", part="val"), "part: test and val"),
        (make_record("b", config="another", protocol="short"), r"protocol hash: .*\(native\) and .*\(short\)"),
        (make_record("b", metric_version=2), "metric version: 1 and 2"),
    ],
)
def test_records_of_two_settings_are_refused_and_told_why(other: Record, named: str) -> None:
    with pytest.raises(UsageError, match=f"cannot be compared; they differ in {named}. Run both"):
        compared(make_record("a"), other)


def test_tables_of_other_images_are_refused() -> None:
    record = make_record("a")
    shorter: pd.DataFrame = table_of(record).iloc[1:]
    with pytest.raises(DataError, match="not the same images"):
        compare(record, make_record("b"), (table_of(record), shorter), REFERENCE)


def test_names_tell_the_two_apart() -> None:
    assert compared(make_record("a"), make_record("b")).names == ("a", "b")
    assert compared(make_record("a"), make_record("a", seed=1)).names == ("a (seed 0)", "a (seed 1)")
    assert compared(make_record("a"), make_record("a")).names == ("a", "a")


def test_a_difference_that_is_not_shown_says_how_many_images_it_takes() -> None:
    assert sentence(IOU, NAMES, paired()) == (
        "IoU: no difference shown on 86 images (p = 0.3); about 1,300 would be needed."
    )


@pytest.mark.parametrize(("needed", "about"), [(7, "7"), (88, "88"), (101, "110"), (99_100, "100,000")])
def test_images_needed_are_rounded_up_to_two_digits(needed: int, about: str) -> None:
    assert f"about {about} would" in sentence(IOU, NAMES, paired(needed=needed))


def test_the_better_one_follows_the_metric_s_own_direction() -> None:
    shown = paired(p_value=0.0004)
    assert sentence(IOU, NAMES, shown) == "IoU: ours is better on these 86 images (p = 0.0004)."
    assert "theirs is better" in sentence(FA, NAMES, shown)


def test_equal_values_need_no_number_of_images() -> None:
    assert sentence(PD, NAMES, paired(0.9, 0.9, 1.0, None)).endswith("(p = 1); the two values are equal.")


def test_an_undefined_metric_says_so() -> None:
    assert "undefined for one of the two" in sentence(PD, NAMES, paired(0.9, math.nan, math.nan, None))


def test_differences_carry_their_sign_and_unit() -> None:
    assert cells.signed(IOU, paired(0.75, 0.7).difference) == "+0.0500"
    assert cells.signed(FA, paired(1e-6, 3.5e-6).difference) == "-2.500"


@pytest.mark.parametrize(
    ("interval", "p_value", "said"),
    [
        (
            (0.001, 0.04),
            0.0555,
            "no difference shown on 86 images (p = 0.056, though the interval leaves out 0)",
        ),
        (
            (-0.001, 0.04),
            0.0444,
            "ours is better on these 86 images (p = 0.044, though the interval holds 0)",
        ),
        ((-0.02, 0.04), 0.3, "no difference shown on 86 images (p = 0.3)"),
        ((0.001, 0.04), 0.0004, "ours is better on these 86 images (p = 0.0004)"),
        (None, 1.0, "no difference shown on 86 images (p = 1)"),
    ],
)
def test_a_sentence_says_where_the_interval_and_the_test_disagree(interval, p_value, said) -> None:
    found = Paired(0.75, 0.74, interval, p_value, 86, 1234)
    assert sentence(IOU, NAMES, found).startswith(f"IoU: {said}")
