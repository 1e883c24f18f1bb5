"""Checks of learned methods: batches, gradients, weights."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn

from istdbench.conformance.sentences import ConformanceError, doing, listed
from istdbench.conformance.subject import NetworkSubject
from istdbench.jobs.header import WeightsHeader
from istdbench.jobs.weights import load_weights, save_weights
from istdbench.methods.answers import shape_text
from istdbench.results import NetworkInput

RTOL, ATOL = 1e-4, 1e-5
"""How far an image in a batch may be from the same image alone: kernels sum in another order for another batch.
The absolute part is of the largest logit where that is above 1, since rounding goes with the size of what is summed."""

STEPS, LEARNING_RATE = 8, 1e-4
"""Of AdamW; the loss after the last step is not looked at."""


@torch.no_grad()
def images_of_a_batch_do_not_mix(subject: NetworkSubject) -> None:
    """In eval(), batches of 1 and 3 give each image the logits that it has alone."""
    network = subject.build().eval()
    images = [subject.picture(64, 96, seed) for seed in range(3)]
    alone = [subject.logits(network, subject.batch(image)) for image in images]
    together = subject.logits(network, subject.batch(*images))
    training = [f"{name} ({type(part).__name__})" for name, part in network.named_modules() if name and part.training]
    if training:
        raise ConformanceError(
            f"after eval(), these layers are still in training mode: {listed(training)}; "
            "call super().train(mode) where you override train(), and do not call .train() in forward()"
        )
    if together.shape != (3, 1, 64, 96):
        raise ConformanceError(
            f"a batch of 3 images of 64 x 96 gave logits of {shape_text(together.shape)}, not 3 x 1 x 64 x 96; "
            "keep the first dimension apart from the others"
        )
    for index, (one, row) in enumerate(zip(alone, together, strict=True)):
        atol = ATOL * max(1.0, float(one.abs().max()))
        if not torch.allclose(row, one[0], rtol=RTOL, atol=atol, equal_nan=True):
            raise ConformanceError(
                f"image {index} of a batch of 3 gets logits that differ by up to {(row - one[0]).abs().max():.3g} from "
                "those it gets alone; "
                "normalise with running statistics in eval(), and take means over H and W only, never over the batch"
            )


def every_parameter_gets_a_gradient(subject: NetworkSubject) -> None:
    """After one backward pass, each trained parameter has a gradient without NaN or infinity."""
    network = subject.build()
    trained = {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}
    if not trained:
        raise ConformanceError(
            "no parameter asks for a gradient, so there is nothing to train; "
            "hold parameters as nn.Parameter, or register the method as classical"
        )
    subject.train_once(network)
    missing = [name for name, parameter in trained.items() if parameter.grad is None]
    if missing:
        raise ConformanceError(
            f"{len(missing)} of {len(trained)} parameters get no gradient: {listed(missing)}; "
            "use them in forward(), undetached, or remove them, or set requires_grad=False"
        )
    broken = [name for name, parameter in trained.items() if not parameter.grad.isfinite().all()]  # type: ignore[union-attr]
    if broken:
        raise ConformanceError(
            f"{len(broken)} of {len(trained)} parameters get a gradient with NaN or infinity: {listed(broken)}; "
            "look for sqrt, log or a division at 0"
        )


def a_few_steps_of_training_lower_the_loss(subject: NetworkSubject) -> None:
    """Up to eight steps of AdamW on one batch bring its cross-entropy below what it was with the initial weights."""
    network = subject.build()
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    with doing("a training step", "hold parameters as nn.Parameter, each with a gradient of its own shape"):
        optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE)
        losses = []
        for _ in range(STEPS):
            set_seed(0)  # the same dropout in every step
            optimizer.zero_grad()
            losses.append(subject.train_once(network))
            if losses[-1] < losses[0]:
                return
            optimizer.step()
    first, *later = losses
    raise ConformanceError(
        f"the loss was {first:.4g} at first, and {', '.join(f'{loss:.4g}' for loss in later)} in the next steps of "
        "training on the same batch; small steps along the gradient must lower it: look for a wrong sign, or for a "
        "function that is flat at the initial weights"
    )


@torch.no_grad()
def saved_weights_give_the_same_network(subject: NetworkSubject) -> None:
    """Weights written and read as `istdbench train` and `run` do it, in safetensors, give the same bits."""
    network, other = subject.build(seed=0).eval(), subject.build(seed=1).eval()
    batch = subject.batch(subject.picture(64, 64))
    with tempfile.TemporaryDirectory(prefix="istdbench-check-") as folder:
        path = Path(folder) / "weights.safetensors"
        with doing("saving the weights", "give each weight a tensor of its own: clone() it where two are tied"):
            save_weights(path, network.state_dict(), _header(subject))
        with doing("loading the weights into a new network", "build() must make the same weights every time"):
            other.load_state_dict(load_weights(path)[0])
    if not torch.equal(subject.logits(network, batch), subject.logits(other, batch)):
        wide = [name for name, tensor in network.state_dict().items() if tensor.dtype == torch.float64]
        raise ConformanceError(
            "a network with the saved weights of another scores differently; "
            + (
                f"weights are kept as float32, make these so: {listed(wide)}"
                if wide
                else "hold every tensor that matters as nn.Parameter or with register_buffer(), persistent"
            )
        )


def the_set_of_weights_is_fixed(subject: NetworkSubject) -> None:
    """Using and training a network adds no weight, removes none and changes no shape."""
    network = subject.build()
    before = _shapes(network)
    subject.train_once(network)
    after = _shapes(network)
    moved = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if moved:
        raise ConformanceError(
            f"using the network added, removed or reshaped weights: {listed(moved)}; make all of them in build()"
        )


@torch.no_grad()
def the_seed_decides_the_initial_weights(subject: NetworkSubject) -> None:
    """The same seed gives the same weights to the bit."""
    one, other = subject.build(seed=0).state_dict(), subject.build(seed=0).state_dict()
    apart = [name for name, tensor in one.items() if name not in other or not _same(tensor, other[name])]
    if apart:
        raise ConformanceError(
            f"two networks built after the same seed differ in {listed(apart)}; draw initial weights from torch's, "
            "NumPy's or random's global generator, which istdbench seeds, and initialise what torch.empty() makes"
        )


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, rtol=0, atol=0, equal_nan=True)


def _header(subject: NetworkSubject) -> WeightsHeader:
    """A header for weights that were never trained."""
    seen = NetworkInput(pad=1, mean=0.0, sd=1.0, channels=subject.method.in_channels)
    return WeightsHeader(method=subject.method.name, options=dict(subject.options), input=seen, threshold=0.5)
