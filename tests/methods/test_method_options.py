"""How a method fills in its options."""

from __future__ import annotations

from istdbench.methods.mim_istd import MIM_ISTD

RECORDED = {"inner": "first", "token_layout": "spatial", "variant": "paper"}
"""What records and weights of `mim_istd` held before it had other options."""


def test_an_option_that_came_later_is_not_recorded_while_it_has_its_default():
    assert MIM_ISTD.resolve({}) == RECORDED
    assert MIM_ISTD.resolve({"word": 2, "sentence": 8}) == RECORDED


def test_an_option_that_came_later_is_recorded_where_it_has_another_value():
    assert MIM_ISTD.resolve({"word": 4}) == {**RECORDED, "word": 4}
