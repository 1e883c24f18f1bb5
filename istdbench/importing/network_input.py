"""What a network saw where it was trained, as a person types it: `resize=256,mean=0,sd=255`."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from istdbench.errors import UsageError
from istdbench.results import NetworkInput
from istdbench.spec import Scalar, check_options, parse_spec

NEEDED = ("resize", "mean", "sd")

EXAMPLES = (
    "resize=256,mean=0,sd=255 where grey levels were divided by 255, or "
    "resize=512,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375 where three channels were normalised as ImageNet's"
)


def parse_input(text: str | None, channels: int) -> NetworkInput:
    """What `--input` says.

    Args:
        channels: of the network's input; the gray image is given on each.

    Raises:
        UsageError: something is not said, or is no such value. Nothing is guessed, since every score depends on it.
    """
    said = parse_spec(f"input:{text}").options if text else {}
    check_options("--input", said, (*NEEDED, "pad"))
    lacking = [key for key in NEEDED if key not in said]
    if lacking:
        raise UsageError(
            f"--input does not say {', '.join(lacking)}: the file does not hold what its network saw, and every score "
            f"depends on it. Say it as its authors' code does, such as {EXAMPLES}"
        )
    try:
        return NetworkInput(
            resize=None if said["resize"] == "none" else said["resize"],
            pad=said.get("pad", 1),
            mean=_numbers(said["mean"]),
            sd=_numbers(said["sd"]),
            channels=channels,
        )
    except ValidationError as error:
        first = error.errors()[0]
        wrong = " ".join([*map(str, first["loc"][:1]), first["msg"].removeprefix("Value error, ")])
        raise UsageError(f"--input {text!r}: {wrong}. Write it such as {EXAMPLES}") from error


def _numbers(value: Scalar) -> Any:
    """One number, or those between slashes; what is none is refused where it is checked."""
    return tuple(value.split("/")) if isinstance(value, str) and "/" in value else value
