"""Losses against values worked out by hand."""

import math
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from istdbench.protocols.fields import LossName, Training
from istdbench.training.losses import (
    LOSSES,
    WITHOUT_GRADIENT_ON_BACKGROUNDS,
    bce,
    dice,
    mse,
    plain_niou,
    sls,
    soft_iou,
    soft_niou,
    weighted_loss,
)

TARGET = torch.tensor([[[[0.0, 0.0], [0.0, 1.0]]]])
EVEN = torch.zeros(1, 1, 2, 2)  # a probability of 1/2 everywhere
TWO_IMAGES = torch.cat([TARGET, torch.zeros_like(TARGET)])
EVEN_TWICE = torch.cat([EVEN, EVEN])


def test_soft_iou_of_even_odds_on_one_target_pixel_in_four():
    # intersection 1/2, union 4 * 1/2 + 1 - 1/2 = 5/2; with 1 added: 1 - 1.5 / 3.5
    assert soft_iou(EVEN, TARGET).item() == pytest.approx(1 - 1.5 / 3.5)


def test_soft_niou_is_the_mean_of_what_each_image_has_alone():
    # without a target: 1 / (2 + 1)
    assert soft_niou(EVEN_TWICE, TWO_IMAGES).item() == pytest.approx(1 - (1.5 / 3.5 + 1 / 3) / 2)


def test_plain_niou_adds_nothing_so_that_an_image_without_targets_is_a_constant():
    logits = EVEN_TWICE.clone().requires_grad_()
    loss = plain_niou(logits, TWO_IMAGES)
    loss.backward()
    assert loss.item() == pytest.approx(1 - (0.5 / 2.5 + 0) / 2)
    assert logits.grad[0].abs().min() > 0
    assert logits.grad[1].abs().max() == 0


def written_out_sls(logits, target):
    """The scale and location sensitive loss of one image, one pixel after the other."""
    height, width = len(logits), len(logits[0])
    pixels = [(y, x) for y in range(height) for x in range(width)]
    score = {(y, x): 1 / (1 + math.exp(-logits[y][x])) for y, x in pixels}
    mask = {(y, x): target[y][x] for y, x in pixels}
    p, t = sum(score.values()), sum(mask.values())
    both = sum(score[at] * mask[at] for at in pixels)
    mean = (p + t) / 2
    variance = ((p - mean) ** 2 + (t - mean) ** 2) / 2
    weight = (min(p, t) + variance) / (max(p, t) + variance)
    polar = []
    for level in (score, mask):
        centre_y = sum(y / height * level[y, x] for y, x in pixels) / len(pixels)
        centre_x = sum(x / width * level[y, x] for y, x in pixels) / len(pixels)
        polar.append((math.hypot(centre_y, centre_x), math.atan2(centre_y, centre_x)))
    (d_p, angle_p), (d_t, angle_t) = polar
    location = 1 - min(d_p, d_t) / max(d_p, d_t) + 4 / math.pi**2 * (angle_p - angle_t) ** 2
    return 1 - weight * both / (p + t - both) + location


def test_sls_is_the_mean_of_what_is_written_out_for_each_image():
    logits = torch.randn(2, 1, 5, 7, generator=torch.Generator().manual_seed(0))
    target = torch.zeros(2, 1, 5, 7)
    target[0, 0, 1:3, 4:6] = 1
    target[1, 0, 4, 2] = 1
    written_out = [written_out_sls(*(image[0].tolist() for image in pair)) for pair in zip(logits, target, strict=True)]
    assert sls(logits, target).item() == pytest.approx(sum(written_out) / 2, rel=1e-5)


def test_sls_of_an_image_without_targets_is_finite_and_falls_as_scores_fall():
    levels = [sls(torch.full((1, 1, 8, 8), logit), torch.zeros(1, 1, 8, 8)) for logit in (0.0, -5.0, -20.0)]
    assert levels == sorted(levels, reverse=True)
    logits = torch.full((1, 1, 8, 8), -90.0, requires_grad=True)
    sls(logits, torch.zeros(1, 1, 8, 8)).backward()
    assert logits.grad.isfinite().all()


def test_dice_of_even_odds_on_one_target_pixel_in_four():
    # 2 * 1/2 over 2 + 1; with 1 added: 1 - 2 / 4
    assert dice(EVEN, TARGET).item() == pytest.approx(0.5)


def test_bce_of_even_odds_is_log_two():
    assert bce(EVEN, TARGET).item() == pytest.approx(math.log(2))


def test_mse_of_even_odds_is_a_quarter():
    assert mse(EVEN, TARGET).item() == pytest.approx(0.25)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_a_sure_right_answer_costs_nothing_and_a_sure_wrong_one_the_most(loss):
    logits = 40 * (TARGET - 0.5)
    assert loss(logits, TARGET).item() == pytest.approx(0, abs=1e-6)
    assert loss(-logits, TARGET) > loss(EVEN, TARGET) > loss(logits, TARGET)


def test_a_weighted_loss_is_the_sum_of_its_parts():
    mixed = weighted_loss({"dice": 1.0, "bce": 0.5})
    assert mixed(EVEN, TARGET).item() == pytest.approx(0.5 + 0.5 * math.log(2))


def test_a_protocol_knows_the_losses_that_there_are():
    assert set(LOSSES) == set(get_args(LossName))
    with pytest.raises(
        ValidationError, match="should be 'soft_iou', 'soft_niou', 'plain_niou', 'sls', 'dice', 'bce', 'mse' or 'focal'"
    ):
        Training(losses={"dce": 1.0})


BACKGROUND = torch.zeros(1, 1, 12, 9)
SCORED = {
    "even odds": torch.zeros_like(BACKGROUND),
    "scores all over": torch.randn(BACKGROUND.shape, generator=torch.Generator().manual_seed(1)),
    "hardly any score": torch.randn(BACKGROUND.shape, generator=torch.Generator().manual_seed(2)) - 12,
    "no score": torch.full_like(BACKGROUND, -90.0),
    "sure alarms all over": torch.full_like(BACKGROUND, 90.0),
    "one alarm": torch.full_like(BACKGROUND, -12.0).index_fill(3, torch.tensor([2]), 4.0),
}


def value_and_gradient(loss, logits, target):
    seen = logits.clone().requires_grad_()
    value = loss(seen, target)
    value.backward()
    return value.item(), seen.grad


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("scored", SCORED)
def test_without_a_target_each_loss_is_finite_and_rewards_no_score(name, scored):
    value, gradient = value_and_gradient(LOSSES[name], SCORED[scored], BACKGROUND)
    assert math.isfinite(value) and value >= 0
    assert gradient.isfinite().all() and gradient.min() >= 0
    if name in WITHOUT_GRADIENT_ON_BACKGROUNDS:
        assert (gradient == 0).all()
    elif scored not in ("no score", "sure alarms all over"):  # where the sigmoid has no gradient itself
        assert (gradient > 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_without_a_target_no_score_at_all_costs_least(name):
    costs = [LOSSES[name](torch.full_like(BACKGROUND, logit), BACKGROUND).item() for logit in (-90, -8, -4, 0, 4)]
    assert costs == sorted(costs)
    assert costs[0] == (1 if name in WITHOUT_GRADIENT_ON_BACKGROUNDS else pytest.approx(0, abs=1e-6))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-15, 5), st.floats(0.1, 6), st.sampled_from(sorted(LOSSES)))
def test_in_a_batch_an_image_without_a_target_is_never_taught_to_score(seed, level, spread, name):
    generator = torch.Generator().manual_seed(seed)
    logits = level + spread * torch.randn(3, 1, 7, 7, generator=generator)
    target = torch.zeros(3, 1, 7, 7)
    target[0, 0, 2:4, 3:5] = 1
    _, gradient = value_and_gradient(LOSSES[name], logits, target)
    assert gradient.isfinite().all()
    assert gradient[1:].min() >= 0


def test_sls_of_a_batch_has_each_image_with_a_target_as_it_was():
    """The departure from the released code is of images without a target alone."""
    logits = torch.randn(2, 1, 5, 7, generator=torch.Generator().manual_seed(4))
    target = torch.zeros(2, 1, 5, 7)
    target[0, 0, 1:3, 4:6] = 1
    apart = (written_out_sls(logits[0, 0].tolist(), target[0, 0].tolist()) + soft_niou(logits[1:], target[1:])) / 2
    assert sls(logits, target).item() == pytest.approx(apart.item(), rel=1e-5)
