"""What the probes measure: a method as one call on one image, whether it is learned or classical."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from istdbench.datasets.synth import RANGES, synth
from istdbench.lazy import numpy as np
from istdbench.lazy import torch
from istdbench.methods.method import Classical, Learned, Method
from istdbench.spec import Scalar, Spec

SMALLEST = RANGES["size"][0]


@dataclass(frozen=True)
class Subject:
    """A method with its options, ready to be measured.

    Attributes:
        network: the untrained network of a learned method, in evaluation mode; None for a classical method.
        device: where it runs. Classical methods run on the CPU, whatever was asked for.
        image: from (H, W) to an image of that size as the method takes it.
        detect: the forward pass of such an image, or its response and threshold.
    """

    network: torch.nn.Module | None
    device: str
    image: Callable[[tuple[int, int]], Any]
    detect: Callable[[Any], object]

    def detector(self, size: tuple[int, int]) -> Callable[[], object]:
        """A function without arguments that runs the method once on one image of (H, W), which is loaded already."""
        image = self.image(size)
        return lambda: self.detect(image)


def make_subject(method: Method, options: Mapping[str, Scalar], device: str = "cpu") -> Subject:
    """The method with these options; a network is built and moved to the device before this returns."""
    if isinstance(method, Learned):
        network = method.build(**options).to(device).eval()
        return Subject(network, device, lambda size: network_input(method.channels, size, device), network)
    assert isinstance(method, Classical)

    def detect(image: np.ndarray) -> np.ndarray:
        response, level = method.respond(image, options)
        return response > level

    return Subject(None, "cpu", lambda size: scene(method.input_shape(*size)), detect)


def network_input(channels: int, size: tuple[int, int], device: str = "cpu") -> torch.Tensor:
    """The same noise for every network: float32 (1, channels, H, W), standardised gray repeated over channels,
    which are the frames of a network of several."""
    noise = np.random.default_rng(0).uniform(0, 255, size).astype(np.float32)
    gray = torch.from_numpy(noise).to(device)
    return ((gray - gray.mean()) / gray.std()).expand(1, channels, *size).contiguous()


def scene(shape: tuple[int, ...]) -> np.ndarray:
    """The first test image of `synth`, (H, W), or its sequence, (frames, H, W), float32.

    Noise would be no fair image for a low-rank solver, whose work depends on the image: noise has no background of low
    rank, and `nram` takes nine times as long on it.
    """
    *frames, height, width = shape
    data = synth(Spec("synth", options={"size": max(SMALLEST, height, width), "frames": frames[0] if frames else 1}))
    name = data.names("official", "test")[0]
    image = data.sequence(name) if frames else data.load(name).image
    return image[..., :height, :width]


def synchronise(device: str) -> None:
    """Wait until the device has done what it was given; a CPU has already."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
