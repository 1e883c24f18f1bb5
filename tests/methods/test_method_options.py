"""How a method fills in its options."""

from __future__ import annotations

import pytest

from istdbench.errors import UsageError
from istdbench.jobs.job import make_job
from istdbench.methods.mamba.mim_istd import MIM_ISTD
from istdbench.methods.method import Classical, Option
from istdbench.methods.thresholds import adaptive
from istdbench.registry import METHODS
from istdbench.spec import Spec, parse_spec

CLASSICAL = [
    entry.name for entry in METHODS.all() if entry.kind == "classical" and METHODS.origin(entry.name) == "built-in"
]

RECORDED = {"inner": "first", "token_layout": "spatial", "variant": "paper"}
"""What records and weights of `mim_istd` held before it had other options."""


def test_an_option_that_came_later_is_not_recorded_while_it_has_its_default():
    assert MIM_ISTD.resolve({}) == RECORDED
    assert MIM_ISTD.resolve({"word": 2, "sentence": 8}) == RECORDED


def test_an_option_that_came_later_is_recorded_where_it_has_another_value():
    assert MIM_ISTD.resolve({"word": 4}) == {**RECORDED, "word": 4}


@pytest.mark.parametrize(
    ("typed", "shortest"),
    [
        ("tophat:size=5", "tophat"),
        ("tophat:size=7", "tophat:size=7"),
        ("tophat:threshold=half_max", "tophat:threshold=half_max"),
    ],
)
def test_what_has_its_default_is_no_part_of_the_name(typed, shortest):
    method = METHODS.get("tophat")
    assert str(method.shortest(parse_spec(typed))) == shortest


def test_a_resolved_method_has_its_bare_name():
    method = METHODS.get("tophat")
    assert str(method.shortest(Spec("tophat", options=method.resolve({})))) == "tophat"


def test_a_value_without_a_key_is_refused():
    with pytest.raises(UsageError, match="method 'tophat': '7' stands without a key; write key=value"):
        make_job(parse_spec("tophat:7"), parse_spec("synth:n=2"), "smoke")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("tophat:size=1", "size=1 is out of its range; at least 3 and at most 255, in steps of 2"),
        ("tophat:size=4", "size=4 is out of its range"),
        ("tophat:size=100001", "size=100001 is out of its range"),
        ("tophat:size=-5", "size=-5 is out of its range"),
        ("lcm:scales=0", "scales=0 is out of its range; at least 1 and at most 32"),
        ("mpcm:scales=1000000", "scales=1000000 is out of its range"),
        ("ipi:patch=1", "patch=1 is out of its range"),
        ("nram:patch=100001", "patch=100001 is out of its range"),
        ("pstnn:step=0", "step=0 is out of its range; at least 1 and at most 512"),
    ],
)
def test_a_number_out_of_an_options_range_is_refused_before_anything_runs(typed, message):
    with pytest.raises(UsageError, match=message):
        make_job(parse_spec(typed), parse_spec("synth:n=2"), "smoke")


@pytest.mark.parametrize("name", CLASSICAL)
def test_every_number_of_a_classical_method_has_a_range_which_its_ends_are_in(name):
    method = METHODS.get(name)
    for key, option in method.options.items():
        if option.choices:
            continue
        assert None not in (option.least, option.most)
        assert {method.resolve({key: end})[key] for end in (option.least, option.most)} == {option.least, option.most}


@pytest.mark.parametrize("name", METHODS.names())
def test_a_value_of_another_kind_than_the_default_is_refused_by_every_method(name):
    method = METHODS.get(name)
    for key, option in method.options.items():
        wrong = ["big", 2.5, True] if isinstance(option.default, int) else [2.5] * bool(option.choices)
        for value in wrong:
            with pytest.raises(UsageError, match=f"method '{name}': {key}=.* is not (a whole number|one of)"):
                method.resolve({key: value})


FILTER = Classical(
    name="filter",
    summary="a plugin's filter",
    paper="none",
    options={
        "gain": Option(1.5, "a number"),
        "strict": Option(False, "true or false"),
        "mode": Option("fast", "a text"),
        "side": Option(3, "a side, or none", choices=(3, 5, "none")),
    },
    response=lambda image, **options: image,
    threshold=adaptive(),
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gain=high", "gain=high is not a number"),
        ("gain=true", "gain=true is not a number"),
        ("gain=nan", "gain=nan is not a number"),
        ("strict=1", "strict=1 is not true or false"),
        ("side=4", "side=4 is not one of 3, 5, none"),
        ("side=true", "side=true is not one of 3, 5, none"),
    ],
)
def test_a_plugin_s_options_are_checked_too(text, says):
    with pytest.raises(UsageError, match=f"method 'filter': {says}"):
        FILTER.resolve(parse_spec(f"filter:{text}").options)


def test_a_whole_number_for_a_decimal_one_is_the_same_value_and_the_same_name():
    typed = [parse_spec(f"filter:gain={gain}") for gain in ("2", "2.0")]
    assert [repr(FILTER.resolve(spec.options)["gain"]) for spec in typed] == ["2.0", "2.0"]
    assert len({str(FILTER.shortest(spec)) for spec in typed}) == 1
    assert str(FILTER.shortest(parse_spec("filter:mode=7"))) == "filter:mode=7"
    assert FILTER.resolve({"mode": 7})["mode"] == "7"
