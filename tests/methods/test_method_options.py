"""How a method fills in its options."""

from __future__ import annotations

import pytest

from istdbench.errors import UsageError
from istdbench.jobs.job import make_job
from istdbench.methods.mamba.mim_istd import MIM_ISTD
from istdbench.registry import METHODS
from istdbench.spec import Spec, parse_spec

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
