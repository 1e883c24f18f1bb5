"""Every network, exported, computes what it computes here: at sizes that were not traced, two images at a time too."""

import numpy as np
import pytest
import torch
from calibrated import calibrated

from istdbench.errors import IstdbenchError
from istdbench.exporting import onnx, torchscript
from istdbench.exporting.about import About
from istdbench.exporting.export import LARGEST_DIFFERENCE, SIZES, compared, largest_difference
from istdbench.exporting.from_gray import EXAMPLE
from istdbench.registry import METHODS
from istdbench.results import NetworkInput
from istdbench.spec import Spec

SEEN = NetworkInput(resize=None, pad=32, mean=97.5, sd=31.0, channels=1)
ABOUT = About("a network", {}, SEEN, 0.5, "0" * 64, {}, "0")
SHORTER = {"localmamba": "localmamba:scans=w2+w7_flip,attention=channel"}
"""With options that export in half the time."""
BY_ROUNDING = "dtum"
"""Codes which of four pixels is the largest, a choice that rounding can turn: its sums have to be PyTorch's own."""
BY_IMAGE = "iaanet"
"""Computes more where it proposes more regions, which no graph holds."""
LEARNED = [
    SHORTER.get(method.name, method.name)
    for method in METHODS.all()
    if method.has_weights and method.name not in (BY_ROUNDING, BY_IMAGE)
]
OPTIONS = ["acm:backbone=fpn,stem=full,fusion=top_down", "mim_istd:token_layout=released,variant=head"]


@pytest.mark.parametrize("method", LEARNED + OPTIONS)
def test_onnxruntime_gives_the_scores_of_the_network(method):
    network = calibrated(method)
    file = onnx.write(network, ABOUT)
    assert largest_difference(network, onnx.runner(file)) <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("method", ["mim_istd", "isnet", "deeppro", "hdnet", BY_ROUNDING])
def test_torchscript_gives_the_scores_of_the_network(method):
    network = calibrated(method)
    file = torchscript.write(network, ABOUT)
    assert largest_difference(network, torchscript.runner(file)) <= LARGEST_DIFFERENCE


@pytest.mark.parametrize("library", [onnx, torchscript])
def test_a_network_whose_work_follows_from_the_image_is_refused(library, tmp_path):
    with pytest.raises(IstdbenchError, match="file: not written; "):
        compared(library, calibrated(BY_IMAGE), ABOUT, tmp_path / "file", Spec(BY_IMAGE))


def test_the_sizes_compared_are_not_the_one_that_was_traced_and_no_multiples_of_its_padding():
    assert all((height, width) != EXAMPLE[-2:] for _, height, width in SIZES)
    assert any(height % SEEN.pad or width % SEEN.pad for _, height, width in SIZES) and max(SIZES)[0] > 1


def test_a_difference_is_found():
    network = calibrated("rpcanet")
    image = torch.zeros(1, 1, 32, 32)
    assert network(image).shape == image.shape
    assert largest_difference(network, lambda x: np.zeros_like(x)) > LARGEST_DIFFERENCE
    assert np.isnan(largest_difference(network, lambda x: np.full_like(x, np.nan)))
