"""The model tester: every learned method, in every variant listed here, keeps the same promises."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load, save
from torch.nn import functional as F

from istdbench.methods.plugin import register_methods
from istdbench.methods.spec import Method

VARIANTS = {
    "localmamba": [{"scans": "h+w2_flip", "attention": "channel"}],
    "mim_istd": [
        *({"inner": "all"}, {"variant": "head", "token_layout": "released"}),
        *({"word": 4}, {"word": 1}, {"sentence": 4}, {"sentence": 16}),
    ],
}
APART = {"mdvsfa"}
"""One input channel, no padding, and slow: the conformance suite and `test_mdvsfa.py` look at it."""
LEARNED = [method for method in register_methods() if method.kind == "learned" and method.name not in APART]
CASES = [(method, options) for method in LEARNED for options in ({}, *VARIANTS.get(method.name, []))]


def case_name(case: tuple[Method, dict]) -> str:
    method, options = case
    return "-".join([method.name, *(f"{key}={value}" for key, value in options.items())])


@pytest.fixture(params=CASES, ids=case_name)
def build(request):
    method, options = request.param

    def seeded(seed: int = 0) -> torch.nn.Module:
        torch.manual_seed(seed)
        return method.build(**method.resolve(options)).eval()

    return seeded


def images(batch: int, height: int, width: int) -> torch.Tensor:
    return torch.randn(batch, 3, height, width, generator=torch.Generator().manual_seed(1))


def weights(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


@torch.no_grad()
def test_logits_have_the_size_of_the_image(build):
    network = build()
    for batch, height, width in ((1, 64, 64), (3, 65, 33), (1, 7, 130)):
        logits = network(images(batch, height, width))
        assert logits.shape == (batch, 1, height, width)
        assert logits.isfinite().all()


@torch.no_grad()
def test_a_smaller_image_is_the_same_image_with_zeros_around(build):
    network, image = build(), images(1, 50, 90)
    full = network(F.pad(image, (0, 96 - 90, 0, 64 - 50)))
    assert torch.equal(network(image), full[..., :50, :90])


@torch.no_grad()
def test_an_image_scores_the_same_alone_and_in_a_batch(build):
    network, batch = build(), images(3, 64, 96)
    alone = torch.cat([network(image[None]) for image in batch])
    torch.testing.assert_close(network(batch), alone, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_evaluation_is_deterministic(build):
    network, image = build(), images(1, 64, 64)
    assert torch.equal(network(image), network(image))


def test_every_trained_parameter_gets_a_finite_gradient(build):
    network = build().train()
    network(images(2, 64, 64)).square().mean().backward()
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name


def test_a_few_steps_of_training_lower_the_loss(build):
    network, image = build().train(), images(2, 64, 64)
    target = (image[:, :1] > 1).float()
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=1e-3)
    losses = []
    for _ in range(4):
        loss = F.binary_cross_entropy_with_logits(network(image), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@torch.no_grad()
def test_saved_weights_give_the_same_network(build):
    network, other, image = build(), build(seed=1), images(1, 64, 64)
    assert not torch.equal(network(image), other(image))
    other.load_state_dict(load(save(weights(network))))
    assert torch.equal(network(image), other(image))


def test_using_a_network_adds_no_weight_and_removes_none(build):
    network = build().train()
    before = {name: tensor.shape for name, tensor in weights(network).items()}
    network(images(2, 64, 64)).sum().backward()
    assert {name: tensor.shape for name, tensor in weights(network).items()} == before


def test_the_seed_fixes_the_initial_weights(build):
    one, same, other = (weights(build(seed)) for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)
