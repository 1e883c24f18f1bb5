"""Whether what a method answers is what it promises: the logits of a network, its heads while it trains, a response.

An answer of another shape could often be worked with, by taking its first map or stretching it, and the number would be
of something else. So it is refused, with the shape that it has and the one that it should have.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

from istdbench.errors import DataError
from istdbench.lazy import numpy as np
from istdbench.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

    from istdbench.methods.outputs import Outputs

HINT = "`istdbench check METHOD` says how to mend it"


def check_logits(answer: object, images: Tensor) -> None:
    """Refuse what is no answer of a network in evaluation mode.

    Args:
        answer: whatever it returned; logits (B, 1, H, W) if it is right.
        images: (B, C, H, W), which it saw.

    Raises:
        DataError: it is no tensor of floats, has another shape, or holds NaN.
    """
    check_map("answer", answer, images)
    assert isinstance(answer, torch.Tensor)
    if answer.isnan().any():
        raise DataError(f"the network's answer holds NaN; look for 0/0, log(0) or an overflow; {HINT}")


def check_map(name: str, answer: object, images: Tensor, fraction: int = 1) -> None:
    """Refuse what is no map of images (B, C, H, W), as large as they or by a whole fraction smaller; its numbers are
    not looked at.

    Args:
        name: of the answer, for the message.

    Raises:
        DataError: it is no tensor of floats or has another shape.
    """
    batch, _, height, width = images.shape
    _check(name, answer, images, (batch, 1, height // fraction, width // fraction))


def check_heads(heads: Outputs, images: Tensor) -> None:
    """Refuse what is no answer of a network in training mode. That its numbers are finite is seen by the loss.

    Args:
        images: (B, C, H, W), which the network saw.

    Raises:
        DataError: a head is no tensor of floats or has another shape.
    """
    names = ["answer"] if len(heads.masks) == 1 else [f"head {index}" for index in range(len(heads.masks))]
    for index, (name, head) in enumerate(zip(names, heads.masks, strict=True)):
        check_map(name, head, images, _fraction(head, images) if index else 1)
    for part, drawn in (("edge", heads.edge), ("interior", heads.interior)):
        if drawn is not None:
            check_map(f"{part} head", drawn, images)
    if heads.image is not None:
        _check("image head", heads.image, images, tuple(images.shape))


def check_response(response: object, shape: tuple[int, ...]) -> None:
    """Refuse what is no response of a classical method.

    Args:
        shape: (H, W) of the image.

    Raises:
        DataError: it is no array of numbers (H, W), or holds NaN.
    """
    if not isinstance(response, np.ndarray):
        raise DataError(f"the response is a {type(response).__name__}; an array {shape_text(shape)} is needed; {HINT}")
    if response.shape != shape or response.dtype.kind not in "biuf":
        found = f"{shape_text(response.shape)} of {response.dtype}"
        raise DataError(f"the response is {found}; real numbers, {shape_text(shape)}, are needed; {HINT}")
    if np.isnan(response).any():
        raise DataError(f"the response holds NaN; look for 0/0; {HINT}")


def check_level(level: object, response: np.ndarray) -> None:
    """Refuse what is no level of a threshold rule, and a response that is negative as a whole: its scores would all be
    0, and its metrics those of a method that finds nothing.

    Args:
        response: (H, W), which the level is of.

    Raises:
        DataError: the level is no finite number, or it is not positive because the response is negative.
    """
    if not isinstance(level, Real) or not math.isfinite(level):
        raise DataError(f"the threshold of the response is {level!r}; a finite number is needed; {HINT}")
    if level <= 0 and (low := response.min()) < 0:
        raise DataError(
            f"the response lies in {low:g} to {response.max():g} and its threshold is {level:g}, so no pixel could "
            "be a target; a response is 0 or more, and larger where a target is: return it with the other sign, or "
            f"np.maximum(response, 0) where below 0 means none; {HINT}"
        )


def shape_text(shape: tuple[int, ...]) -> str:
    """ "3 x 64 x 64"."""
    return " x ".join(map(str, shape)) or "no dimension"


def _fraction(head: object, images: Tensor) -> int:
    """How many times smaller than the image a coarse head is."""
    width = head.shape[-1] if isinstance(head, torch.Tensor) and head.ndim else 0
    return max(1, images.shape[-1] // max(1, width))


def _check(name: str, answer: object, images: Tensor, wanted: tuple[int, ...]) -> None:
    right = f"floats, {shape_text(wanted)}, are needed for images of {shape_text(tuple(images.shape))}; {HINT}"
    if not isinstance(answer, torch.Tensor):
        raise DataError(f"the network's {name} is a {type(answer).__name__}, no tensor; {right}")
    if tuple(answer.shape) != wanted or not answer.is_floating_point():
        kind = str(answer.dtype).removeprefix("torch.")
        raise DataError(f"the network's {name} is {shape_text(tuple(answer.shape))} of {kind}; {right}")
