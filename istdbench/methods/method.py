"""What a method is: a mapping from an infrared image to a score map in [0, 1] of the image's own size.

There are two kinds, and code outside asks for one of them by its class: a network with its training recipe (`Learned`),
and a response map with its threshold rule (`Classical`). What was run elsewhere is a third, `Predicted` in
`istdbench.methods.predicted`, which is not registered.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from istdbench.errors import UsageError
from istdbench.lazy import numpy as np
from istdbench.lazy import torch
from istdbench.methods.answers import check_level, check_response
from istdbench.methods.parts.renaming import Renaming
from istdbench.methods.thresholds import choose_rule, rule_name, score_map
from istdbench.spec import Scalar, Spec, check_options, checked_value

Kind = Literal["learned", "classical", "predictions"]
Response = Callable[..., "np.ndarray"]
ThresholdRule = Callable[["np.ndarray"], float]


@dataclass(frozen=True)
class Option:
    """One option of a method.

    Attributes:
        default: what it is when it is not given; whether true or false, a number or a text, so are all its values.
        help: what it does, and its unit.
        choices: the values that it may take; any when empty.
        least, most: of a number; None has no bound. What would take hours, or a machine's memory, lies beyond.
        step: a number is `least` or a multiple of it more; None takes all between.
        implied: whether records and weights leave it out while it has its default. For an option that came later: what
            was recorded before stays what it is.
    """

    default: Scalar
    help: str
    choices: tuple[Scalar, ...] = ()
    implied: bool = False
    least: float | None = None
    most: float | None = None
    step: int | None = None

    def checked(self, owner: str, key: str, value: Scalar) -> Scalar:
        """The value, as `checked_value` gives it.

        Raises:
            UsageError: as there, or it is out of the range.
        """
        value = checked_value(owner, key, value, self.default, self.choices)
        if isinstance(value, str) or self.takes(value):
            return value
        raise UsageError(f"{owner}: {key}={value} is out of its range; {self.range}")

    @property
    def range(self) -> str:
        """Which numbers it takes, in words; empty where any."""
        ends = ((f"at least {self.least}", self.least), (f"at most {self.most}", self.most))
        bounds = " and ".join(text for text, end in ends if end is not None)
        return f"{bounds}, in steps of {self.step}" if bounds and self.step else bounds

    def takes(self, value: float) -> bool:
        """Whether a number is in the range."""
        least, most = -math.inf if self.least is None else self.least, math.inf if self.most is None else self.most
        return least <= value <= most and (self.step is None or (value - least) % self.step == 0)


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """What all kinds of methods say of themselves.

    Attributes:
        name: what `istdbench run --methods` takes.
        summary: one line for `istdbench list methods`.
        paper: citation or address of the defining paper.
        options: what `name:key=value` may set.
        kind: how records name the class.
        has_weights: whether what it predicts with is trained.
    """

    kind: ClassVar[Kind]
    has_weights: ClassVar[bool]

    name: str
    summary: str
    paper: str
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    @abstractmethod
    def function(self) -> Callable[..., Any]:
        """What the options are given to, by their names."""

    @property
    def frames(self) -> int:
        """How many frames of a sequence it looks at."""
        return 1

    def resolve(self, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """All options with their values: the given ones over the defaults, but for implied ones at their default.

        Raises:
            UsageError: an unknown option, or a value of another kind than the default's, or outside the choices
                or the range.
        """
        owner = f"method {self.name!r}"
        check_options(owner, given, self.known_options)
        values = {
            key: option.checked(owner, key, given[key]) if key in given else option.default
            for key, option in self.options.items()
        }
        return {
            key: value
            for key, value in values.items()
            if not (self.options[key].implied and value == self.options[key].default)
        }

    def shortest(self, typed: Spec) -> Spec:
        """The name without options that have their default: one name for what is the same.

        Raises:
            UsageError: as `resolve`, or a value stands without a key.
        """
        if typed.argument:
            raise UsageError(f"method {self.name!r}: {typed.argument!r} stands without a key; write key=value")
        own, resolved = self.resolve({}), self.resolve(typed.options)
        told = {
            key: resolved[key] if key in self.options else value
            for key, value in typed.options.items()
            if resolved.get(key) != own.get(key)
        }
        return Spec(self.name, options=told)

    @property
    def known_options(self) -> list[str]:
        """Names of all that `resolve` takes."""
        return list(self.options)


@dataclass(frozen=True, kw_only=True)
class Learned(Method):
    """A network and its training recipe.

    Attributes:
        build: `build(**options)` returns an untrained network that maps float32 images (B, channels, H, W) of any
            H, W to logits (B, 1, H, W); in training mode it may return `istdbench.Outputs` in their
            place.
        in_channels: gray input is repeated to this many channels.
        frames: with more than 1, the channels are that many frames of a sequence, oldest first, and the logits are
            those of the last of them; `in_channels` stays 1.
        recipe: the training of the paper or its code as fields of a protocol's `training` section
            (`istdbench.protocols.fields.Training`); followed by protocols whose recipe is "own".
        discriminator: builds what a training with `adversarial` needs beside the network and forgets after it; see
            `istdbench.methods.parts.generators`.
        from_released: each tensor of the weights that the method's authors release, or of their code, under our name
            and in our shape; see `istdbench.methods.parts.renaming`. None where theirs are ours.
    """

    kind: ClassVar[Kind] = "learned"
    has_weights: ClassVar[bool] = True

    build: Callable[..., torch.nn.Module]
    in_channels: int = 1
    frames: int = 1
    recipe: Mapping[str, Any] = field(default_factory=dict)
    discriminator: Callable[[], torch.nn.Module] | None = None
    from_released: Renaming | None = None

    def __post_init__(self) -> None:
        if self.frames > 1 and self.in_channels > 1:
            raise UsageError(
                f"method {self.name!r}: frames are its channels, so leave in_channels={self.in_channels} out"
            )

    @property
    def function(self) -> Callable[..., Any]:
        return self.build

    @property
    def channels(self) -> int:
        """Of what the network takes: copies of one gray image, or the frames of a sequence."""
        return self.in_channels if self.frames == 1 else self.frames


def as_learned(method: Method, lacks: str) -> Learned:
    """A method as a network.

    Args:
        lacks: what a method of another kind does not have, as the end of a sentence, such as "it has no weights".

    Raises:
        UsageError: it is of another kind.
    """
    if not isinstance(method, Learned):
        raise UsageError(f"method {method.name!r} is {method.kind}: {lacks}")
    return method


@dataclass(frozen=True, kw_only=True)
class Classical(Method):
    """A response map and a threshold rule; nothing is trained, and no image is resized.

    Attributes:
        response: `response(image, **options)` maps a gray image (H, W), float32 in 0..255, to a non-negative response
            (H, W).
        threshold: maps a response to the level above which a pixel is a target. Users may choose another by the option
            `threshold`, which is not among `options`.
        frames: with more than 1, `response` takes that many frames of a sequence, (frames, H, W), oldest first, and
            responds to the last of them.
    """

    kind: ClassVar[Kind] = "classical"
    has_weights: ClassVar[bool] = False

    response: Response
    threshold: ThresholdRule
    frames: int = 1

    def __post_init__(self) -> None:
        if "threshold" in self.options:
            raise UsageError(f"method {self.name!r}: every classical method has the option 'threshold'; rename its own")

    @property
    def function(self) -> Callable[..., Any]:
        return self.response

    @property
    def known_options(self) -> list[str]:
        return [*self.options, "threshold"]

    def resolve(self, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """As `Method.resolve`, with the threshold rule by its full name.

        Raises:
            UsageError: as there, or there is no such rule.
        """
        named = {"threshold": rule_name(self.rule(given))}
        return super().resolve(given) | named

    def rule(self, options: Mapping[str, Scalar]) -> ThresholdRule:
        """The threshold rule that the options name, else the method's own.

        Raises:
            UsageError: there is no such rule.
        """
        try:
            return choose_rule(str(options.get("threshold", rule_name(self.threshold))), self.threshold)
        except UsageError as error:
            raise UsageError(f"method {self.name!r}: {error}") from error

    def respond(self, image: np.ndarray, options: Mapping[str, Scalar]) -> tuple[np.ndarray, float]:
        """The response, and the level above which it means a target.

        Args:
            image: (H, W), or (frames, H, W) for a method of several frames; float32 in 0..255.
            options: as `resolve` gives them.

        Returns:
            (H, W), and a number in its units.

        Raises:
            DataError: the response or its threshold is none, or the response is negative as a whole.
        """
        response = self.response(image, **{key: value for key, value in options.items() if key in self.options})
        check_response(response, image.shape[-2:])
        level = self.rule(options)(response)
        check_level(level, response)
        return response, level

    def score(self, image: np.ndarray, options: Mapping[str, Scalar]) -> np.ndarray:
        """The score map (H, W): the response, scaled so that its threshold lies at 0.5. Arguments as `respond`.

        Raises:
            DataError: as `respond`.
        """
        return score_map(*self.respond(image, options))

    def input_shape(self, height: int, width: int) -> tuple[int, ...]:
        """Of what the method takes: (H, W), or (frames, H, W)."""
        return (height, width) if self.frames == 1 else (self.frames, height, width)
