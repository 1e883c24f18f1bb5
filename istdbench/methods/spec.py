"""What a method is: a mapping from an infrared image to a score map in [0, 1] of the image's own size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from istdbench.errors import UsageError
from istdbench.spec import Scalar, check_options

if TYPE_CHECKING:
    from torch import nn

Response = Callable[..., np.ndarray]
ThresholdRule = Callable[[np.ndarray], float]


@dataclass(frozen=True)
class Option:
    """One option of a method.

    Attributes:
        default: what it is when it is not given.
        help: what it does, and its unit.
        choices: the values that it may take; any when empty.
        implied: whether records and weights leave it out while it has its default. For an option that came later: what
            was recorded before stays what it is.
    """

    default: Scalar
    help: str
    choices: tuple[Scalar, ...] = ()
    implied: bool = False


@dataclass(frozen=True, kw_only=True)
class Method:
    """A detection method, learned or classical.

    Attributes:
        name: what `istdbench run --methods` takes.
        kind: "learned" (a network and its weights) or "classical" (a response map and a threshold rule).
        summary: one line for `istdbench list methods`.
        paper: citation or address of the defining paper.
        options: what `name:key=value` may set.
        build: learned only. `build(**options)` returns an untrained network that maps float32 images
            (B, in_channels, H, W) of any H, W to logits (B, 1, H, W); in training mode it may return
            `istdbench.methods.outputs.Outputs` in their place.
        in_channels: learned only. Gray input is repeated to this many channels.
        recipe: learned only. The training of the paper or its code as fields of a protocol's `training` section
            (`istdbench.protocols.protocol.Training`); followed by protocols whose recipe is "own".
        discriminator: learned only. Builds what a training with `adversarial` needs beside the network and forgets
            after it; see `istdbench.methods.adversarial`.
        response: classical only. `response(image, **options)` maps a gray image (H, W), float32 in 0..255,
            to a non-negative response (H, W).
        threshold: classical only. Maps a response to the level above which a pixel is a target.
    """

    name: str
    kind: Literal["learned", "classical"]
    summary: str
    paper: str
    options: Mapping[str, Option] = field(default_factory=dict)
    build: Callable[..., nn.Module] | None = None
    in_channels: int = 1
    recipe: Mapping[str, Any] = field(default_factory=dict)
    discriminator: Callable[[], nn.Module] | None = None
    response: Response | None = None
    threshold: ThresholdRule | None = None

    def __post_init__(self) -> None:
        wanted = ("build",) if self.kind == "learned" else ("response", "threshold")
        missing = [part for part in wanted if getattr(self, part) is None]
        if missing:
            raise UsageError(f"method {self.name!r} is {self.kind} and needs {' and '.join(missing)}")

    def resolve(self, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """All options with their values: the given ones over the defaults, but for implied ones at their default.

        Raises:
            UsageError: an unknown option, or a value outside its choices.
        """
        check_options(f"method {self.name!r}", given, self.options)
        for key, value in given.items():
            choices = self.options[key].choices
            if choices and value not in choices:
                raise UsageError(f"method {self.name!r}: {key}={value} is not one of {', '.join(map(str, choices))}")
        values = {key: given.get(key, option.default) for key, option in self.options.items()}
        return {
            key: value
            for key, value in values.items()
            if not (self.options[key].implied and value == self.options[key].default)
        }
