"""IAANet: boxes, which of them are regions, and what is worked out within them."""

from __future__ import annotations

import math

import pytest
import torch

from istdbench.methods.convolutional.networks.iaanet import IAANet, corners, positions, regions, with_random, words_at
from istdbench.methods.convolutional.networks.regions import apart, boxes_of, coverage
from istdbench.methods.outputs import Outputs


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return IAANet().eval()


def box(left: float, top: float, right: float, bottom: float, confidence: float) -> list[float]:
    return [left, top, right, bottom, confidence]


def test_parameters_are_those_of_the_public_definition_and_of_the_papers_row(network):
    assert sum(parameter.numel() for parameter in network.parameters()) == 18_248_326
    unseen_by_thop = sum(p.numel() for layer in network.layers for p in layer.attention.parameters())
    assert 18_248_326 - unseen_by_thop == 14_045_830


def test_a_cell_of_zeros_proposes_a_box_of_ten_pixels_around_its_centre():
    boxes = boxes_of(torch.zeros(1, 5, 2, 3), stride=16, side=10)
    assert boxes.shape == (1, 6, 5)
    assert boxes[0, 5].tolist() == box(35, 19, 45, 29, 0.5)


def test_boxes_that_overlap_a_surer_one_are_left_out():
    boxes = torch.tensor(
        [box(0, 0, 10, 10, 0.4), box(0, 2, 10, 12, 0.9), box(0, 4, 10, 14, 0.8), box(50, 0, 60, 10, 0.1)]
    )
    assert apart(boxes, 0.6)[:, 4].tolist() == pytest.approx([0.9, 0.1])
    assert apart(boxes, 0.7)[:, 4].tolist() == pytest.approx([0.9, 0.8, 0.4, 0.1])


def test_regions_are_the_sure_boxes_or_else_the_five_surest():
    boxes = torch.tensor([box(20 * i, 0, 20 * i + 10, 10, 0.01 * i) for i in range(8)])
    assert regions(boxes)[:, 4].tolist() == pytest.approx([0.07, 0.06, 0.05, 0.04, 0.03])
    boxes[:7, 4] += 0.2
    assert len(regions(boxes)) == 6  # 0.2 is not above 0.2
    boxes[3, 2] = boxes[3, 0] + 0.5
    assert len(regions(boxes)) == 5


@pytest.mark.parametrize("side", [12, 40])
def test_random_regions_stand_in_for_missing_ones_and_lie_in_the_image(side):
    torch.manual_seed(0)
    boxes = with_random(torch.tensor([box(1, 2, 9, 8, 0.9)]), side, side + 3)
    assert boxes[0].tolist() == pytest.approx(box(1, 2, 9, 8, 0.9))
    assert 1 < len(boxes) <= 5
    assert all(
        0 <= left < right <= side + 3 and 0 <= top < bottom <= side for left, top, right, bottom in corners(boxes)
    )


def test_what_a_box_covers_is_its_inside_by_its_confidence():
    boxes = torch.tensor([[box(10, 5, 50, 35, 0.6), box(70, 5, 90, 35, 0.0)]])
    covered = coverage(boxes, 40, 100, border=4).sigmoid()[0, 0]
    assert covered[20, 30].item() == pytest.approx(1 - math.exp(-0.6), abs=1e-4)
    assert covered[20, 11] < 0.1
    assert covered[20, 80] < 1e-6


@torch.no_grad()
def test_words_of_a_region_are_those_of_the_whole_image_and_each_pixel_has_one(network):
    image = torch.randn(1, 40, 50, generator=torch.Generator().manual_seed(0))
    boxes = [(0, 0, 9, 7), (5, 3, 20, 15), (38, 30, 50, 40)]
    pixels, words = network._words_within(image, boxes)
    expected_pixels, expected = words_at(network.words(image[None])[0], boxes)
    order = (pixels[:, 0] * 50 + pixels[:, 1]).argsort()
    assert torch.equal(pixels[order], expected_pixels)
    torch.testing.assert_close(words[order], expected, rtol=1e-4, atol=1e-5)


def test_positions_are_sines_and_cosines_of_shares_of_a_turn():
    rows_and_columns = positions(torch.tensor([[4, 9]]), 10, 40)
    first = torch.tensor([0.5 * 2 * torch.pi, 0.25 * 2 * torch.pi])
    torch.testing.assert_close(rows_and_columns[0, [0, 256]], first.sin(), atol=1e-5, rtol=0)
    torch.testing.assert_close(rows_and_columns[0, [1, 257]], first.cos(), atol=1e-5, rtol=0)


@torch.no_grad()
def test_outside_the_regions_a_score_is_nothing(network):
    scores = network(torch.randn(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))).sigmoid()
    assert 0 < (scores > 0).float().mean() < 0.5
    assert scores.max() <= 1


def test_boxes_learn_through_what_they_cover():
    network = IAANet().train()
    outputs = network(torch.randn(2, 1, 64, 64))
    assert isinstance(outputs, Outputs)
    logits, covered = outputs.masks
    logits.sigmoid().sum().backward(retain_graph=True)
    assert network.proposals.cells.weight.grad is None
    covered.sigmoid().sum().backward()
    assert (network.proposals.cells.weight.grad.flatten(1).abs().amax(1) > 0).all()
