"""What a method is: a mapping from an infrared image to a score map in [0, 1] of the image's own size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from istdbench.errors import UsageError
from istdbench.methods.thresholds import choose_rule, rule_name
from istdbench.spec import Scalar, Spec, check_options

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
        threshold: classical only. Maps a response to the level above which a pixel is a target. Users may choose
            another by the option `threshold`, which is not among `options`.
        frames: classical only. With more than 1, `response` takes that many frames of a sequence, (frames, H, W),
            oldest first, and responds to the last of them.
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
    frames: int = 1

    def __post_init__(self) -> None:
        wanted = ("build",) if self.kind == "learned" else ("response", "threshold")
        missing = [part for part in wanted if getattr(self, part) is None]
        if missing:
            raise UsageError(f"method {self.name!r} is {self.kind} and needs {' and '.join(missing)}")
        if self.kind == "learned" and self.frames != 1:
            raise UsageError(f"method {self.name!r} is learned and takes {self.frames} frames; networks take one")
        if self.kind == "classical" and "threshold" in self.options:
            raise UsageError(f"method {self.name!r}: every classical method has the option 'threshold'; rename its own")

    def resolve(self, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """All options with their values: the given ones over the defaults, but for implied ones at their default; the
        threshold rule by its full name.

        Raises:
            UsageError: an unknown option or threshold rule, or a value outside its choices.
        """
        rule = None if self.threshold is None else self.rule(given)
        named = {} if rule is None else {"threshold": rule_name(rule)}
        check_options(f"method {self.name!r}", given, [*self.options, *named])
        for key, value in given.items():
            choices = () if key in named else self.options[key].choices
            if choices and value not in choices:
                raise UsageError(f"method {self.name!r}: {key}={value} is not one of {', '.join(map(str, choices))}")
        values = {key: given.get(key, option.default) for key, option in self.options.items()}
        return {
            key: value
            for key, value in values.items()
            if not (self.options[key].implied and value == self.options[key].default)
        } | named

    def shortest(self, typed: Spec) -> Spec:
        """The name without options that have their default: one name for what is the same.

        Raises:
            UsageError: as `resolve`, or a value stands without a key.
        """
        if typed.argument:
            raise UsageError(f"method {self.name!r}: {typed.argument!r} stands without a key; write key=value")
        own, resolved = self.resolve({}), self.resolve(typed.options)
        told = {key: value for key, value in typed.options.items() if resolved.get(key) != own.get(key)}
        return Spec(self.name, options=told)

    def rule(self, options: Mapping[str, Scalar]) -> ThresholdRule:
        """A classical method's threshold rule: the one that the options name, else its own.

        Raises:
            UsageError: there is no such rule.
        """
        assert self.threshold is not None, f"{self.name} is not classical"
        try:
            return choose_rule(str(options.get("threshold", rule_name(self.threshold))), self.threshold)
        except UsageError as error:
            raise UsageError(f"method {self.name!r}: {error}") from error

    def respond(self, image: np.ndarray, options: Mapping[str, Scalar]) -> tuple[np.ndarray, float]:
        """A classical method's response, and the level above which it means a target.

        Args:
            image: (H, W), or (frames, H, W) for a method of several frames; float32 in 0..255.
            options: as `resolve` gives them.

        Returns:
            (H, W), and a number in its units.
        """
        assert self.response is not None, f"{self.name} is not classical"
        response = self.response(image, **{key: value for key, value in options.items() if key in self.options})
        return response, self.rule(options)(response)

    def input_shape(self, height: int, width: int) -> tuple[int, ...]:
        """Of what a classical method takes: (H, W), or (frames, H, W)."""
        return (height, width) if self.frames == 1 else (self.frames, height, width)
