"""State dicts of public definitions: their names and shapes, filled with numbers that follow from the names.

Each file in `released/` says of one public definition which tensors it has, and which logits it gives for `image` where
the tensors are those of `filled`. The files were written with the public code at hand, none of which is here.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent / "released"
SIDE = 64
"""Of `image`, where a file names no other."""
STEP = 13
"""Every 13th pixel of the logits, row by row, is written down."""


@dataclass(frozen=True)
class Released:
    """A public definition: what it is, which of our methods has it, on how many channels or frames, and its logits for
    an image of `side`."""

    source: str
    method: str
    channels: int
    side: int
    logits: list[float]
    shapes: dict[str, tuple[int, ...]]


def read(path: Path) -> Released:
    facts, shapes = {}, {}
    for line in path.read_text().splitlines():
        first, *rest = line.split(" ")
        if first == "#":
            facts[rest[0]] = " ".join(rest[1:])
            continue
        for part in rest:
            name, _, sides = part.partition("=")
            shapes[f"{first}.{name}".lstrip(".")] = tuple(map(int, sides.split("x"))) if sides else ()
    logits = [float(number) for number in facts["logits"].split()]
    side = int(facts.get("side", SIDE))
    return Released(facts["source"], facts["method"], int(facts["channels"]), side, logits, shapes)


def write(
    path: Path, source: str, method: str, channels: int, logits: torch.Tensor, shapes: dict, side: int = SIDE
) -> None:
    lines = [f"# source {source}", f"# method {method}", f"# channels {channels}"]
    lines += [f"# side {side}"] if side != SIDE else []
    lines.append("# logits " + " ".join(f"{number:.9g}" for number in logits.flatten()[::STEP].tolist()))
    modules: dict[str, list[str]] = {}
    for name, shape in shapes.items():
        module, _, own = name.rpartition(".")
        modules.setdefault(module, []).append(f"{own}={'x'.join(map(str, shape))}")
    lines += [" ".join([module, *parts]) for module, parts in modules.items()]
    path.write_text("\n".join(lines) + "\n")


def filled(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Numbers for each tensor, which follow from its name."""
    return {name: torch.from_numpy(np.asarray(_numbers(name, shape))) for name, shape in shapes.items()}


def _numbers(name: str, shape: tuple[int, ...]) -> np.ndarray:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if name.endswith("num_batches_tracked"):
        return np.int64(7)
    if name.endswith(("running_var", "gamma")) or (name.endswith(".weight") and len(shape) == 1):
        return random.uniform(0.5, 1.5, shape).astype(np.float32)
    return (random.standard_normal(shape) / math.sqrt(max(1, math.prod(shape[1:])))).astype(np.float32)


def sequence(frames: int, side: int = SIDE) -> torch.Tensor:
    """Normalised gray frames, each another: (1, frames, side, side), float64."""
    return torch.from_numpy(np.random.default_rng(0).standard_normal((1, frames, side, side)))


def image(channels: int, side: int = SIDE) -> torch.Tensor:
    """A normalised gray image on each channel: (1, channels, side, side), float64."""
    gray = np.random.default_rng(0).standard_normal((1, 1, side, side))
    return torch.from_numpy(gray).expand(-1, channels, -1, -1)
