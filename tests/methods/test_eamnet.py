"""EAMNet: its filters, its split Mamba, and the two looks at an image."""

from __future__ import annotations

import pytest
import torch
from stand_ins import noise

from istdbench.methods.mamba.eam.filters import GAUSSIAN, AdaptiveFilters, contrasted
from istdbench.methods.mamba.eam.unet import EAMNet, SplitMamba
from istdbench.methods.mamba.mixers.causal import CausalMamba


def with_strengths(gamma: float, contrast: float, sharpness: float) -> AdaptiveFilters:
    """Filters whose three numbers are the same for every image."""
    filters = AdaptiveFilters().eval()
    last = filters.strengths[-1]
    torch.nn.init.zeros_(last.weight)
    last.bias.data = torch.tensor([gamma, contrast, sharpness])
    return filters


@torch.no_grad()
def test_filters_of_no_strength_change_only_what_is_not_positive():
    image = noise(2, 3, 12, 16)
    filtered = with_strengths(0.0, -20.0, -20.0)(image)
    torch.testing.assert_close(filtered, image.where(image > 0, 1e-5), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_gamma_goes_up_to_three_and_down_to_a_third():
    image = noise(1, 3, 8, 8).abs() + 0.1
    torch.testing.assert_close(with_strengths(20.0, -20.0, -20.0)(image), image**3, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(with_strengths(-20.0, -20.0, -20.0)(image), image ** (1 / 3), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_sharpness_lifts_a_spot_above_what_surrounds_it():
    image = torch.full((1, 3, 11, 11), 0.5)
    image[..., 5, 5] = 1.0
    sharp = with_strengths(0.0, -20.0, 20.0)(image)[0, 0]
    total = sum(sum(row) for row in GAUSSIAN)
    assert sharp[2, 2].item() == pytest.approx(0.5 + 5 * 0.5 * (1 - total), rel=1e-4)
    assert sharp[5, 5].item() == pytest.approx(1 + 5 * (1 - 0.5 * total - 0.5 * 0.22508352), rel=1e-4)


def test_contrast_takes_the_luminance_of_a_row_from_its_first_three_columns_as_the_released_code_does():
    image = torch.full((1, 3, 2, 6), 0.5)
    image[..., 0, :3] = torch.tensor([0.2, 0.4, 0.6])
    light = 0.27 * 0.2 + 0.67 * 0.4 + 0.06 * 0.6
    expected = 0.5 / (light + 1e-6) * (1 - torch.cos(torch.tensor(torch.pi * light))) / 2
    assert contrasted(image)[0, 1, 0, 5].item() == pytest.approx(expected.item(), rel=1e-5)
    assert contrasted(image)[0, 1, 1, 5].item() == pytest.approx(0.5, rel=1e-4)


@torch.no_grad()
def test_mamba_looks_back_only():
    torch.manual_seed(0)
    mamba, tokens = CausalMamba(6), noise(1, 9, 6)
    later = tokens.clone()
    later[:, 5:] += 1
    torch.testing.assert_close(mamba(later)[:, :5], mamba(tokens)[:, :5])
    assert not torch.allclose(mamba(later)[:, 5:], mamba(tokens)[:, 5:])


@torch.no_grad()
def test_each_part_of_the_channels_goes_through_the_same_mamba():
    torch.manual_seed(0)
    layer, x = SplitMamba(8, 4), noise(1, 8, 3, 5)
    normed = layer.norm(x.flatten(2).mT)
    parts = [layer.mamba(part) + part for part in normed.chunk(4, dim=2)]
    expected = layer.proj(layer.norm(torch.cat(parts, dim=2)))
    torch.testing.assert_close(layer(x), expected.mT.reshape(1, 4, 3, 5))


@torch.no_grad()
def test_a_tenth_of_the_logits_comes_from_the_filtered_image():
    torch.manual_seed(0)
    network, image = EAMNet().eval(), noise(1, 3, 64, 64)
    mean, sd = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    filtered = (network.filters(image) - mean[:, None, None]) / sd[:, None, None]
    torch.testing.assert_close(network(image), 0.9 * network.look(image) + 0.1 * network.look(filtered))
