"""Scan orders, against the positions written out by hand."""

import pytest
import torch

from istdbench.errors import UsageError
from istdbench.ops.orders import SCANS, cross_scan, scan_orders


def test_the_four_orders_of_a_two_by_three_map():
    expected = [[0, 1, 2, 3, 4, 5], [0, 3, 1, 4, 2, 5], [5, 4, 3, 2, 1, 0], [5, 2, 4, 1, 3, 0]]
    assert cross_scan(2, 3).tolist() == expected


@pytest.mark.parametrize("height, width", [(1, 1), (1, 7), (5, 3), (16, 16)])
def test_every_order_visits_every_position_once(height, width):
    assert (scan_orders(SCANS, height, width).sort().values == torch.arange(height * width)).all()


def test_a_windowed_order_goes_through_windows_and_through_each_by_rows():
    expected = [[0, 1, 4, 5, 2, 3, 6, 7], [7, 6, 3, 2, 5, 4, 1, 0]]
    assert scan_orders(("w2", "w2_flip"), 2, 4).tolist() == expected


def test_windows_are_cut_off_where_the_map_ends():
    # fmt: off
    expected = [0, 1, 5, 6,  2, 3, 7, 8,  4, 9,  10, 11,  12, 13,  14]  # of 3 rows of 5
    # fmt: on
    assert scan_orders(("w2",), 3, 5).tolist() == [expected]
    assert torch.equal(scan_orders(("w7",), 3, 5), scan_orders(("h",), 3, 5))  # one window, of which this is left


def test_an_order_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="no scan order 'w3'; there are: h, h_flip"):
        scan_orders(("h", "w3"), 4, 4)


def test_orders_first_made_in_inference_mode_serve_training_later():
    with torch.inference_mode():
        orders = cross_scan(11, 13)
    weight = torch.ones(11 * 13, requires_grad=True)
    weight[orders].sum().backward()
    assert weight.grad.tolist() == [4.0] * 143
