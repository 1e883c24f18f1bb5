"""MDvsFA's networks against the numbers of the released definition, and its map against the generators'."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from istdbench.errors import UsageError
from istdbench.methods.convolutional.mdvsfa import MDVSFA
from istdbench.methods.convolutional.networks.mdvsfa import MDvsFA


def parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def gmacs(module, side):
    """Of one image, on shapes alone."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module.to("meta").eval()(torch.empty(1, 1, side, side, device="meta"))
    return counter.get_total_flops() / 2e9


def test_parameters_are_the_released_ones():
    network = MDvsFA()
    assert [parameters(generator) for generator in network.generators] == [3_138_497, 629_825]
    assert parameters(network) == 3_138_497 + 629_825
    assert parameters(MDVSFA.discriminator()) == 151_276


def test_multiply_accumulates_are_the_released_ones():
    assert [gmacs(generator, 256) for generator in MDvsFA().generators] == [205.39506688, 41.112567808]


@torch.no_grad()
def test_the_map_is_the_mean_of_the_generators_maps_cut_to_0_and_1():
    torch.manual_seed(0)
    network = MDvsFA().eval()
    for generator, shift in zip(network.generators, (0.9, -0.1), strict=True):
        generator.head.bias += shift
        generator.head.weight *= 20
    image = torch.randn(1, 1, 20, 23)
    maps = [generator.head(_before_head(generator, image)).clamp(0, 1) for generator in network.generators]
    assert all(edge in torch.stack(maps).aminmax() for edge in (0, 1))
    torch.testing.assert_close(network(image).sigmoid(), torch.stack(maps).mean(dim=0), rtol=0, atol=2e-6)


def _before_head(generator, image):
    seen = []
    handle = generator.head.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    generator(image)
    handle.remove()
    return seen[0]


@torch.no_grad()
def test_the_discriminator_gives_chances_of_three_kinds_and_features():
    scores, features = MDVSFA.discriminator()(torch.randn(6, 1, 128, 128), torch.rand(6, 1, 128, 128))
    assert (scores.shape, features.shape) == ((6, 3), (6, 1, 32, 32))
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(6))


def test_patches_of_another_size_say_the_option():
    patches = torch.zeros(2, 1, 96, 96)
    with pytest.raises(UsageError, match="128 x 128 pixels, not 96 x 96; set training.augmentation.crop to 128"):
        MDVSFA.discriminator()(patches, patches)


def test_the_recipe_weighs_misses_and_false_alarms_as_the_released_loss_does():
    # 100 (100 MD + FA) for the first generator, 100 (MD + 10 FA) for the second
    rules = MDVSFA.recipe["adversarial"]
    assert list(zip(rules["miss"], rules["false_alarm"], strict=True)) == [(100 * 100, 100), (100, 100 * 10)]
