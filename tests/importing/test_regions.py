"""IAANet with numbers by which it proposes regions, which those of `released_state` alone do not: the public answer."""

from __future__ import annotations

import pytest
import torch
from released_state import FOLDER, filled, image, read
from torch.utils.flop_counter import FlopCounterMode

from istdbench.importing.fitting import fit
from istdbench.probes.flops import register_attention
from istdbench.registry import METHODS

CELLS = "region_module.backbone.detect"
PIXELS = 1125
MACS = 40_837_350_144
"""Of the public definition with its option `--fast`, whose positions count every pixel of the image."""
LOGITS = {
    **{(17, 16): 1.16184, (19, 19): 1.16148, (21, 22): 1.16161, (23, 25): 1.16151, (25, 28): 1.1619, (27, 32): 1.16197},
    **{(29, 35): 1.16181, (31, 38): 1.16143, (51, 9): 1.16181, (54, 12): 1.16184, (57, 32): 1.16126, (63, 38): 1.16259},
}


@torch.no_grad()
def test_pixels_of_regions_have_the_logits_of_the_public_definition_and_no_other_pixel_has_any():
    method, released = METHODS.get("iaanet"), filled(read(FOLDER / "iaanet.txt").shapes)
    released[f"{CELLS}.weight"] *= 0.01
    released[f"{CELLS}.bias"] = torch.tensor([0, 0, 0.5, 0.5, -1.5])
    network = method.build().eval().double()
    network.load_state_dict(fit(method, {}, released).state)
    register_attention()
    with FlopCounterMode(display=False) as counter:
        logits = network(image(1))[0, 0]
    assert (logits > -100).sum() == PIXELS
    assert [logits[pixel].item() for pixel in LOGITS] == pytest.approx(list(LOGITS.values()), abs=2e-5)
    assert counter.get_total_flops() / 2 == MACS
