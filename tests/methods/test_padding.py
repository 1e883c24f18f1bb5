"""Networks that pad an image with zeros to a multiple of their stride: the image scores as one with that border."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from istdbench.built_in import register_methods
from istdbench.methods.method import Learned

PAD_NOTHING = {
    *("agpcnet", "alcnet", "deeppro", "drpcanet", "iaanet", "l_rpcanet", "mdvsfa", "rdian", "rpcanet", "rpcanet_pp"),
    "uiunet",
}
"""Take an image of any size as it is, so that zeros around it are part of another image."""
CASES = [(method, {}) for method in register_methods() if isinstance(method, Learned)]
NAMED = {method.name: method for method, _ in CASES}
CASES += [
    *((NAMED["acm"], {"backbone": "fpn"}), (NAMED["acm"], {"stem": "full"})),
    (NAMED["acm"], {"definition": "pytorch"}),
    (NAMED["mim_istd"], {"variant": "head", "token_layout": "released"}),
    *((NAMED["mim_istd"], {"sentence": side}) for side in (4, 16)),
]


@pytest.mark.parametrize(
    ("method", "options"),
    [pytest.param(*case, id=case[0].name) for case in CASES if case[0].name not in PAD_NOTHING],
)
@torch.no_grad()
def test_a_smaller_image_is_the_same_image_with_zeros_below_and_to_the_right(method, options):
    torch.manual_seed(0)
    network = method.build(**method.resolve(options)).eval()
    image = torch.randn(1, method.channels, 58, 90)
    full = network(F.pad(image, (0, 96 - 90, 0, 64 - 58)))
    assert torch.equal(network(image), full[..., :58, :90])
