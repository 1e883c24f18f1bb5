"""What the probes measure: a method as one call on one image, whether it is learned or classical."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from istdbench.datasets.synth import RANGES, synth
from istdbench.methods.spec import Method
from istdbench.spec import Scalar, Spec

SMALLEST = RANGES["size"][0]


def build_network(method: Method, options: Mapping[str, Scalar], device: str = "cpu") -> nn.Module:
    """The untrained network of a learned method, in evaluation mode."""
    assert method.build is not None, f"{method.name} is not learned"
    return method.build(**options).to(device).eval()


def network_input(method: Method, size: tuple[int, int], device: str = "cpu") -> Tensor:
    """The same noise for every network: float32 (1, in_channels, H, W), standardised gray repeated over channels."""
    noise = np.random.default_rng(0).uniform(0, 255, size).astype(np.float32)
    gray = torch.from_numpy(noise).to(device)
    return ((gray - gray.mean()) / gray.std()).expand(1, method.in_channels, *size).contiguous()


def scene(shape: tuple[int, ...]) -> np.ndarray:
    """The first test image of `synth`, (H, W), or its sequence, (frames, H, W), float32.

    What a low-rank solver has to do depends on the image, and noise, which has no background of low rank, is a case
    that none was made for: `nram` takes nine times as long on it.
    """
    *frames, height, width = shape
    data = synth(Spec("synth", options={"size": max(SMALLEST, height, width), "frames": frames[0] if frames else 1}))
    name = data.names("official", "test")[0]
    image = data.sequence(name) if frames else data.load(name).image
    return image[..., :height, :width]


def detector(method: Method, options: Mapping[str, Scalar], size: tuple[int, int], device: str) -> Callable[[], object]:
    """A function of nothing that runs the method once on one image: the forward pass, or response and threshold.

    Everything that is done once (building, loading the image) is done before this returns.
    """
    if method.kind == "learned":
        network, batch = build_network(method, options, device), network_input(method, size, device)
        return lambda: network(batch)
    image = scene(method.input_shape(*size))

    def detect() -> np.ndarray:
        response, level = method.respond(image, options)
        return response > level

    return detect


def synchronise(device: str) -> None:
    """Wait until the device has done what it was given; a CPU has already."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
