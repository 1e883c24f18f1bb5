"""What a network saw where it was trained, as a person types it: `resize=256,mean=0,sd=255`."""

from __future__ import annotations

from pydantic import ValidationError

from istdbench.errors import UsageError
from istdbench.results import NetworkInput
from istdbench.spec import Scalar, check_options, parse_spec

NEEDED = ("resize", "mean", "sd")

EXAMPLES = (
    "resize=256,mean=0,sd=255 where grey levels were divided by 255, or "
    "resize=512,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375 where three channels were normalised as ImageNet's"
)

HELP = (
    "What the network saw in training: resize (side in pixels that images were stretched to, or none), mean and sd "
    "(in grey levels 0..255: one number, or one a channel with slashes between), pad (sides were filled with zeros to a "
    "multiple of this; 1 if it is left out)."
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
            f"--input does not say {', '.join(lacking)}: a file of weights does not hold what its network saw, and every "
            f"score depends on it. Say it as its authors' code does, such as {EXAMPLES}"
        )
    resize = None if said["resize"] == "none" else said["resize"]
    try:
        return NetworkInput.model_validate(
            {
                "resize": resize,
                "pad": said.get("pad", 1),
                "mean": _numbers(said["mean"]),
                "sd": _numbers(said["sd"]),
                "channels": channels,
            }
        )
    except (ValidationError, ValueError) as error:
        wrong = "; ".join(
            " ".join([*map(str, each["loc"][:1]), each["msg"].removeprefix("Value error, ")])
            for each in (error.errors() if isinstance(error, ValidationError) else [{"loc": (), "msg": str(error)}])
        )
        raise UsageError(f"--input {text!r}: {wrong}. Write it such as {EXAMPLES}") from error


def _numbers(value: Scalar) -> float | tuple[float, ...] | Scalar:
    return tuple(map(float, value.split("/"))) if isinstance(value, str) and "/" in value else value
