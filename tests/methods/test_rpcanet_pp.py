"""RPCANet++: its memory from stage to stage, its contrast, and the equations of a stage."""

from __future__ import annotations

import pytest
import torch
from stand_ins import Times, noise
from torch import nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.rpcanet_pp import ConvolutionalLSTM, RPCANetPP, Stage, Surroundings
from istdbench.methods.outputs import Outputs


class Keeping(nn.Module):
    """A memory that hands on its map, and the map as it was first."""

    def forward(self, x: torch.Tensor, memory: tuple | None) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x if memory is None else memory[1]


def test_a_stage_is_its_three_equations():
    stage = Stage()
    stage.background.before, stage.background.memory, stage.background.after = nn.Identity(), Keeping(), Times(-0.25)
    stage.target.gradient, stage.target.contrast = Times(2.0), Times(0.5)
    stage.reconstruction = Times(3.0)
    image, target, cell = (noise(1, 1, 6, 6, seed=seed) for seed in range(3))
    background = 0.75 * (image - target)
    x = target + image - background
    expected = x - 0.01 * 2 * 1.5 * x
    again, found, memory = stage(image, target, (cell, cell))
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(again, 3 * (background + expected))
    torch.testing.assert_close(memory, (image - target, cell))


@torch.no_grad()
def test_the_first_step_of_the_memory_has_no_past():
    first, x = ConvolutionalLSTM(first=True), noise(1, 32, 5, 6)
    hidden, cell = first(x, None)
    let_in = first.enter.of_map(x).sigmoid() * first.candidate.of_map(x).tanh()
    torch.testing.assert_close(cell, let_in)
    torch.testing.assert_close(hidden, first.leave.of_map(x).sigmoid() * let_in)
    assert not [name for name, _ in first.named_parameters() if "hidden" in name or "forget" in name]


@pytest.mark.parametrize(("bias", "kept"), [(50.0, 1.0), (-50.0, 0.0)])
@torch.no_grad()
def test_the_gate_that_forgets_keeps_a_share_of_the_cell(bias, kept):
    step, x = ConvolutionalLSTM(first=False), noise(1, 32, 5, 6)
    step.forget.of_map.bias.fill_(bias)
    memory = noise(1, 32, 5, 6, seed=1), noise(1, 32, 5, 6, seed=2)
    _, cell = step(x, memory)
    let_in = step.enter(x, memory).sigmoid() * step.candidate(x, memory).tanh()
    torch.testing.assert_close(cell, kept * memory[1] + let_in)


@torch.no_grad()
def test_surroundings_are_taken_from_the_centre_so_that_an_even_map_has_no_contrast():
    surroundings = Surroundings().eval()
    surroundings.weights = Times(0.0)
    x = noise(1, 32, 20, 21)
    torch.testing.assert_close(surroundings(x), -F.conv2d(x, surroundings.conv.weight, padding=8))

    class Ones(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.ones(1, 32, 1, 1)

    surroundings.weights = Ones()
    even = noise(1, 32, 1, 1).expand(-1, -1, 20, 21)
    torch.testing.assert_close(surroundings(even)[..., 8:-8, 8:-8], torch.zeros(1, 32, 4, 5), rtol=0, atol=1e-5)


def test_the_reconstruction_is_given_in_training_only():
    network, image = RPCANetPP(3), noise(2, 1, 20, 30)
    outputs = network.train()(image)
    assert isinstance(outputs, Outputs)
    assert outputs.image is not None
    assert outputs.image.shape == image.shape
    assert isinstance(network.eval()(image), torch.Tensor)
