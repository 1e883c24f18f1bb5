"""What the checks look at: a method with its options, pictures to show it, and its own errors turned into sentences."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.engine.objective import pooled
from istdbench.errors import IstdbenchError
from istdbench.methods.outputs import Outputs
from istdbench.methods.spec import Method
from istdbench.spec import Scalar, Spec

BACKGROUND, NOISE, TARGET = 90.0, 20.0, 120.0
"""Grey levels of a picture: mean and standard deviation of the background, and how much brighter the target is."""

LISTED = 5
"""How many names a sentence gives before it says how many more there are."""

TORCH = Path(torch.__file__).parent


class ConformanceError(IstdbenchError):
    """A method that breaks its contract; the message says what was wrong, where, and what to do."""


@dataclass(frozen=True)
class Subject:
    """A method with every option set, as the checks call it.

    Attributes:
        options: all options of the method with their values.
        typed: the method as it is typed, with the options that are not defaults.
    """

    method: Method
    options: Mapping[str, Scalar]
    typed: str

    @property
    def learned(self) -> bool:
        """Whether the method is a network."""
        return self.method.kind == "learned"

    @property
    def function(self) -> Callable[..., Any]:
        """What the options are given to: `build` or `response`."""
        found = self.method.build if self.learned else self.method.response
        assert found is not None
        return found

    @property
    def arguments(self) -> dict[str, Scalar]:
        """What the function takes of the options: all but the threshold rule."""
        return {key: value for key, value in self.options.items() if key != "threshold"}

    def picture(self, height: int, width: int, seed: int = 0) -> np.ndarray:
        """What the method is shown: a picture (H, W), or a sequence (frames, H, W) that ends with it."""
        frames = [picture(height, width, seed + 100 * age) for age in range(self.method.frames)]
        return frames[0] if len(frames) == 1 else np.stack(frames[::-1])

    def build(self, seed: int = 0) -> nn.Module:
        """The untrained network of a learned method, in the mode that `build` left it in."""
        set_seed(seed)
        with doing("build()", "mend build(), or the options that it is given"):
            network = self.function(**self.options)
        if not isinstance(network, nn.Module):
            raise ConformanceError(f"build() returned a {type(network).__name__}; return a torch.nn.Module")
        return network

    def logits(self, network: nn.Module, batch: Tensor) -> Tensor:
        """The network's answer, (B, 1, H, W) if the network is right.

        Args:
            batch: (B, in_channels, H, W).
        """
        with doing(
            f"the network, given a batch of {shape_text(batch.shape)},", "mend forward(); it must take any B, H, W"
        ):
            found = network(batch)
        if not isinstance(found, Tensor):
            raise ConformanceError(f"the network returned a {type(found).__name__}; return one tensor of logits")
        return found

    def detector(self, seed: int = 0) -> Callable[[np.ndarray], np.ndarray]:
        """A function from what `picture` gives to the bare answer: logits (1, 1, H, W), or a response (H, W)."""
        if not self.learned:
            return self._response
        network = self.build(seed).eval()

        @torch.no_grad()
        def detect(image: np.ndarray) -> np.ndarray:
            return self.logits(network, self.batch(image)).numpy().copy()

        return detect

    def _response(self, image: np.ndarray) -> np.ndarray:
        with doing(f"response(), given an image of {shape_text(image.shape)},", "mend it; it must take any H, W"):
            found = self.function(image, **self.arguments)
        if not isinstance(found, np.ndarray):
            raise ConformanceError(f"response() returned a {type(found).__name__}; return a NumPy array (H, W)")
        return found

    def threshold(self, response: np.ndarray) -> float:
        """The level of a classical method's threshold rule."""
        with doing("the threshold rule", "mend it; it maps any response (H, W) to one number"):
            return float(self.method.rule(self.options)(response))

    def batch(self, *images: np.ndarray) -> Tensor:
        """Pictures (H, W) as a network sees them: (B, in_channels, H, W) float32, standardised."""
        gray = torch.from_numpy(np.stack(images)).sub(BACKGROUND).div(NOISE)[:, None]
        return gray.expand(-1, self.method.in_channels, -1, -1).contiguous()

    def train_once(self, network: nn.Module) -> None:
        """Forward and backward pass in training mode; gradients are left in the parameters."""
        images = [picture(64, 64, seed) for seed in range(3)]
        target = torch.from_numpy(np.stack(images))[:, None].gt(BACKGROUND + 4 * NOISE).float()
        with doing("a training step", "let the logits depend on the parameters by differentiable operations alone"):
            answer = network.train()(self.batch(*images))
            heads = answer if isinstance(answer, Outputs) else Outputs((answer,))
            parts = [F.binary_cross_entropy_with_logits(head, pooled(target, head)) for head in heads.masks]
            parts += [head.square().mean() for head in (heads.edge, heads.image) if head is not None]
            torch.stack(parts).sum().backward()


def make_subject(method: Method, given: Mapping[str, Scalar]) -> Subject:
    """The method with these options over its defaults.

    Raises:
        UsageError: an option that it does not have.
    """
    return Subject(method, method.resolve(given), str(Spec(method.name, options=given)))


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A target of 3 x 3 pixels (fewer at the border) in noise: (H, W) float32, grey levels in 0..255."""
    image = np.random.default_rng(seed).normal(BACKGROUND, NOISE, (height, width))
    image[height // 2 : height // 2 + 3, width // 2 : width // 2 + 3] += TARGET
    return image.clip(0, 255).astype(np.float32)


def shape_text(shape: tuple[int, ...]) -> str:
    """ "3 x 64 x 64"."""
    return " x ".join(map(str, shape)) or "no dimension"


def signature_text(function: Callable[..., Any]) -> str:
    """ "build(width, **options)"."""
    none = inspect.Parameter.empty
    bare = (part.replace(default=none, annotation=none) for part in inspect.signature(function).parameters.values())
    return f"{getattr(function, '__name__', function)}({', '.join(map(str, bare))})"


def listed(names: Iterable[str]) -> str:
    """The first names, and how many more."""
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return ", ".join(every[:LISTED]) + more


@contextmanager
def doing(what: str, fix: str) -> Iterator[None]:
    """Whatever the author's code raises becomes a sentence with the place it was raised at.

    Raises:
        ConformanceError: in place of any other exception.
    """
    try:
        yield
    except ConformanceError:
        raise
    except Exception as error:  # a stranger's code may raise anything
        kind, text = type(error).__name__, " ".join(str(error).split())
        raise ConformanceError(f"{what} raised {kind}: {text or 'no message'} ({_place(error)}); {fix}") from error


def _place(error: Exception) -> str:
    """File and line where it was raised, or where torch was called that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not Path(frame.filename).is_relative_to(TORCH)]
    return f"{own[-1].filename}:{own[-1].lineno}"
