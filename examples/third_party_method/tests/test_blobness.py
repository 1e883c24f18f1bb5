"""The method finds a spot, and istdbench finds the method."""

import numpy as np
from istdbench_blobness import blobness

from istdbench import METHODS


def test_a_spot_gets_the_strongest_response_and_an_edge_none():
    image = np.zeros((40, 40), np.float32)
    image[:, 30:] = 200
    image[10, 12] = 100
    response = blobness(image)
    assert np.unravel_index(response.argmax(), response.shape) == (10, 12)
    assert response[20, 25:35].max() < 1e-3 * response.max()


def test_istdbench_lists_the_method_with_its_package():
    assert METHODS.get("blobness").response is blobness
    assert METHODS.origin("blobness").startswith("istdbench-blobness 0.1.0")
