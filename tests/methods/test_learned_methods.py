"""The model tester: every learned method, in every variant listed here, keeps the same promises."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load, save
from torch.nn import functional as F

from istdbench.engine.objective import objective
from istdbench.methods.outputs import Outputs
from istdbench.methods.plugin import register_methods
from istdbench.methods.spec import Method
from istdbench.protocols.protocol import Training, validated

VARIANTS = {
    "acm": [{"backbone": "fpn", "fusion": "bottom_up"}, {"fusion": "top_down", "stem": "full"}],
    "dnanet": [{"backbone": "r10"}],
    "localmamba": [{"scans": "h+w2_flip", "attention": "channel"}],
    "mim_istd": [
        *({"inner": "all"}, {"variant": "head", "token_layout": "released"}),
        *({"word": 4}, {"word": 1}, {"sentence": 4}, {"sentence": 16}),
    ],
}
APART = {"mdvsfa"}
"""One input channel, no padding, and slow: the conformance suite and `test_mdvsfa.py` look at it."""
LEARNED = [method for method in register_methods() if method.kind == "learned" and method.name not in APART]
PAD_NOTHING = {"alcnet", "rpcanet", "uiunet"}
"""Take an image of any size as it is, so that zeros around it are part of another image."""
CASES = [(method, options) for method in LEARNED for options in ({}, *VARIANTS.get(method.name, []))]


def case_name(case: tuple[Method, dict]) -> str:
    method, options = case
    return "-".join([method.name, *(f"{key}={value}" for key, value in options.items())])


@pytest.fixture(params=LEARNED, ids=lambda method: method.name)
def method(request):
    return request.param


@pytest.fixture(params=CASES, ids=case_name, scope="module")
def case(request):
    return request.param


@pytest.fixture(scope="module")
def build(case):
    method, options = case

    def seeded(seed: int = 0) -> torch.nn.Module:
        torch.manual_seed(seed)
        return method.build(**method.resolve(options)).eval()

    return seeded


@pytest.fixture(scope="module")
def network(build):
    """One for all tests of a case that do not train it or load it with weights."""
    return build()


@pytest.fixture
def images(case):
    channels = case[0].in_channels

    def noise(batch: int, height: int, width: int) -> torch.Tensor:
        return torch.randn(batch, channels, height, width, generator=torch.Generator().manual_seed(1))

    return noise


def heads(answer: torch.Tensor | Outputs) -> list[torch.Tensor]:
    """All that a network returns."""
    if isinstance(answer, torch.Tensor):
        return [answer]
    return [head for head in (*answer.masks, answer.edge, answer.image) if head is not None]


def weights(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


@torch.no_grad()
def test_logits_have_the_size_of_the_image(network, images):
    for batch, height, width in ((1, 64, 64), (2, 65, 33), (1, 7, 130)):
        logits = network(images(batch, height, width))
        assert logits.shape == (batch, 1, height, width)
        assert logits.isfinite().all()


@torch.no_grad()
def test_a_smaller_image_is_the_same_image_with_zeros_around(case, network, images):
    if case[0].name in PAD_NOTHING:
        pytest.skip("pads nothing")
    image = images(1, 50, 90)
    full = network(F.pad(image, (0, 96 - 90, 0, 64 - 50)))
    assert torch.equal(network(image), full[..., :50, :90])


@torch.no_grad()
def test_an_image_scores_the_same_alone_and_in_a_batch(network, images):
    batch = images(2, 64, 96)
    alone = torch.cat([network(image[None]) for image in batch])
    rounding = 1e-5 * max(1.0, alone.abs().max().item())
    torch.testing.assert_close(network(batch), alone, rtol=1e-4, atol=rounding)


@torch.no_grad()
def test_evaluation_is_deterministic(network, images):
    image = images(1, 64, 64)
    assert torch.equal(network(image), network(image))


def test_every_trained_parameter_gets_a_finite_gradient(build, images):
    network = build().train()
    torch.stack([head.square().mean() for head in heads(network(images(2, 32, 32)))]).sum().backward()
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name


def test_a_few_steps_of_training_lower_the_loss(build, images):
    network, image = build().train(), images(2, 32, 32)
    target = (image[:, :1] > 1).float()
    loss_of = objective(Training(losses={"bce": 1.0}))
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=1e-3)
    losses = []
    for _ in range(4):
        loss = loss_of(network(image), image, target, 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@torch.no_grad()
def test_saved_weights_give_the_same_network(network, build, images):
    other, image = build(seed=1), images(1, 64, 64)
    logits = network(image)
    assert not torch.equal(logits, other(image))
    other.load_state_dict(load(save(weights(network))))
    assert torch.equal(logits, other(image))


def test_using_a_network_adds_no_weight_and_removes_none(build, images):
    network = build().train()
    before = {name: tensor.shape for name, tensor in weights(network).items()}
    heads(network(images(2, 32, 32)))[0].sum().backward()
    assert {name: tensor.shape for name, tensor in weights(network).items()} == before


def test_the_seed_fixes_the_initial_weights(network, build):
    one, same, other = (each.state_dict() for each in (network, build(seed=0), build(seed=1)))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_its_own_recipe_has_fields_of_a_training_alone(method):
    validated(Training, method.recipe, method.name)
