"""Cross-scan, against the positions written out by hand."""

import pytest
import torch

from istdbench.ops.orders import cross_scan


def test_the_four_orders_of_a_two_by_three_map():
    expected = [[0, 1, 2, 3, 4, 5], [0, 3, 1, 4, 2, 5], [5, 4, 3, 2, 1, 0], [5, 2, 4, 1, 3, 0]]
    assert cross_scan(2, 3).tolist() == expected


@pytest.mark.parametrize("height, width", [(1, 1), (1, 7), (5, 3), (16, 16)])
def test_every_order_visits_every_position_once(height, width):
    assert (cross_scan(height, width).sort().values == torch.arange(height * width)).all()


def test_orders_first_made_in_inference_mode_serve_training_later():
    with torch.inference_mode():
        orders = cross_scan(11, 13)
    weight = torch.ones(11 * 13, requires_grad=True)
    weight[orders].sum().backward()
    assert weight.grad.tolist() == [4.0] * 143
