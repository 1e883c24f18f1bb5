"""What the checks look at: a method with its options, and pictures to show it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.conformance.sentences import ConformanceError, doing
from istdbench.methods.answers import check_heads, shape_text
from istdbench.methods.method import Classical, Learned, Method
from istdbench.methods.outputs import Outputs
from istdbench.spec import Scalar, Spec
from istdbench.training.objective import pooled

BACKGROUND, NOISE, TARGET = 90.0, 20.0, 120.0
"""Grey levels of a picture: mean and standard deviation of the background, and how much brighter the target is."""

Step = tuple[str, Callable[[], object]]
"""A part of what a run does with a method: as sentences call it, and the action."""


@dataclass(frozen=True)
class Subject(ABC):
    """A method with every option set, as the checks call it.

    Attributes:
        options: all options of the method with their values.
        typed: the method as it is typed, with the options that are not defaults.
    """

    method: Method
    options: Mapping[str, Scalar]
    typed: str

    def picture(self, height: int, width: int, seed: int = 0) -> np.ndarray:
        """What the method is shown: a picture (H, W), or a sequence (frames, H, W) that ends with it."""
        frames = [picture(height, width, seed + 100 * age) for age in range(self.method.frames)]
        return frames[0] if len(frames) == 1 else np.stack(frames[::-1])

    @abstractmethod
    def detector(self, seed: int = 0) -> Callable[[np.ndarray], np.ndarray]:
        """A function from what `picture` gives to the bare answer: logits (1, 1, H, W), or a response (H, W)."""

    @abstractmethod
    def steps(self) -> Iterator[Step]:
        """What a run does with the method, one part at a time."""

    @abstractmethod
    def call(self, **unknown: Scalar) -> object:
        """The function behind the method, called with its options and others."""


@dataclass(frozen=True)
class NetworkSubject(Subject):
    """A learned method."""

    method: Learned

    def build(self, seed: int = 0) -> nn.Module:
        """The untrained network, in the mode that `build` left it in."""
        set_seed(seed)
        with doing("build()", "mend build(), or the options that it is given"):
            network = self.method.build(**self.options)
        if not isinstance(network, nn.Module):
            raise ConformanceError(f"build() returned a {type(network).__name__}; return a torch.nn.Module")
        return network

    def batch(self, *images: np.ndarray) -> Tensor:
        """What `picture` gives as a network sees it: (B, channels, H, W) float32, standardised."""
        gray = torch.from_numpy(np.stack(images)).sub(BACKGROUND).div(NOISE)
        gray = gray.view(len(images), -1, *gray.shape[-2:])
        return gray.expand(-1, self.method.channels, -1, -1).contiguous()

    def logits(self, network: nn.Module, batch: Tensor) -> Tensor:
        """The network's answer, (B, 1, H, W) if the network is right.

        Args:
            batch: (B, channels, H, W).
        """
        with doing(
            f"the network, given a batch of {shape_text(batch.shape)},", "mend forward(); it must take any B, H, W"
        ):
            found = network(batch)
        if not isinstance(found, Tensor):
            raise ConformanceError(f"the network returned a {type(found).__name__}; return one tensor of logits")
        return found

    def detector(self, seed: int = 0) -> Callable[[np.ndarray], np.ndarray]:
        network = self.build(seed).eval()

        @torch.no_grad()
        def detect(image: np.ndarray) -> np.ndarray:
            return self.logits(network, self.batch(image)).numpy().copy()

        return detect

    def train_once(self, network: nn.Module) -> float:
        """Forward and backward pass in training mode: gradients are left in the parameters, the loss is returned."""
        images = [self.picture(64, 64, seed) for seed in range(2)]
        target = (
            torch.from_numpy(np.stack([picture(64, 64, seed) for seed in range(2)]))[:, None]
            .gt(BACKGROUND + 4 * NOISE)
            .float()
        )
        with doing("a training step", "let the logits depend on the parameters by differentiable operations alone"):
            seen = self.batch(*images)
            answer = network.train()(seen)
            heads = answer if isinstance(answer, Outputs) else Outputs((answer,))
            check_heads(heads, seen)
            parts = [F.binary_cross_entropy_with_logits(head, pooled(target, head)) for head in heads.masks]
            parts += [head.square().mean() for head in (heads.edge, heads.image, heads.interior) if head is not None]
            loss = torch.stack(parts).sum()
            loss.backward()
        return loss.item()

    def steps(self) -> Iterator[Step]:
        set_seed(0)  # as `build` does, so that the check does not take it for a change made by the method
        built: list[nn.Module] = []
        yield "building the network", lambda: built.append(self.build())
        [network] = built
        batch = self.batch(self.picture(64, 64))
        yield "detecting", lambda: self.logits(network.eval(), batch).detach()
        yield "a training step", lambda: self.train_once(network)

    def call(self, **unknown: Scalar) -> object:
        return self.method.build(**self.options, **unknown)


@dataclass(frozen=True)
class ClassicalSubject(Subject):
    """A classical method."""

    method: Classical

    def detector(self, seed: int = 0) -> Callable[[np.ndarray], np.ndarray]:
        return self.respond

    def respond(self, image: np.ndarray) -> np.ndarray:
        """The response (H, W), if the method is right."""
        with doing(f"response(), given an image of {shape_text(image.shape)},", "mend it; it must take any H, W"):
            found = self.method.response(image, **self._arguments)
        if not isinstance(found, np.ndarray):
            raise ConformanceError(f"response() returned a {type(found).__name__}; return a NumPy array (H, W)")
        return found

    def threshold(self, response: np.ndarray) -> float:
        """The level of the threshold rule."""
        with doing("the threshold rule", "mend it; it maps any response (H, W) to one number"):
            return float(self.method.rule(self.options)(response))

    def steps(self) -> Iterator[Step]:
        image = self.picture(64, 64)
        yield "detecting", lambda: self.threshold(self.respond(image))

    def call(self, **unknown: Scalar) -> object:
        return self.method.response(self.picture(32, 32), **self._arguments, **unknown)

    @property
    def _arguments(self) -> dict[str, Scalar]:
        """What `response` takes of the options: all but the threshold rule."""
        return {key: value for key, value in self.options.items() if key != "threshold"}


def make_subject(method: Method, given: Mapping[str, Scalar]) -> Subject:
    """The method with these options over its defaults.

    Raises:
        UsageError: an option that it does not have.
    """
    options, typed = method.resolve(given), str(Spec(method.name, options=given))
    if isinstance(method, Learned):
        return NetworkSubject(method, options, typed)
    assert isinstance(method, Classical)
    return ClassicalSubject(method, options, typed)


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A target of 3 x 3 pixels (fewer at the border) in noise: (H, W) float32, grey levels in 0..255."""
    image = np.random.default_rng(seed).normal(BACKGROUND, NOISE, (height, width))
    image[height // 2 : height // 2 + 3, width // 2 : width // 2 + 3] += TARGET
    return image.clip(0, 255).astype(np.float32)
