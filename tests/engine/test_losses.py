"""Losses against values worked out by hand."""

import math

import pytest
import torch

from istdbench.engine.losses import LOSSES, bce, dice, soft_iou, weighted_loss
from istdbench.errors import UsageError

TARGET = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
EVEN = torch.zeros(1, 1, 2, 2)  # a probability of 1/2 everywhere


def test_soft_iou_of_even_odds_on_one_target_pixel_in_four():
    # intersection 1/2, union 4 * 1/2 + 1 - 1/2 = 5/2; with 1 added: 1 - 1.5 / 3.5
    assert soft_iou(EVEN, TARGET).item() == pytest.approx(1 - 1.5 / 3.5)


def test_dice_of_even_odds_on_one_target_pixel_in_four():
    # 2 * 1/2 over 2 + 1; with 1 added: 1 - 2 / 4
    assert dice(EVEN, TARGET).item() == pytest.approx(0.5)


def test_bce_of_even_odds_is_log_two():
    assert bce(EVEN, TARGET).item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_a_sure_right_answer_costs_nothing_and_a_sure_wrong_one_the_most(loss):
    logits = 40 * (TARGET - 0.5)
    assert loss(logits, TARGET).item() == pytest.approx(0, abs=1e-6)
    assert loss(-logits, TARGET) > loss(EVEN, TARGET) > loss(logits, TARGET)


def test_a_weighted_loss_is_the_sum_of_its_parts():
    mixed = weighted_loss({"dice": 1.0, "bce": 0.5})
    assert mixed(EVEN, TARGET).item() == pytest.approx(0.5 + 0.5 * math.log(2))


def test_an_unknown_loss_is_named_with_those_there_are():
    with pytest.raises(UsageError, match="no loss 'dce'; there are: soft_iou, dice, bce"):
        weighted_loss({"dce": 1.0})
