"""A folder data set on which a bright-spot detector has hits, misses and false alarms that can be foretold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

SHAPE = (40, 64)
BRIGHT, DIM = 200, 62
SCENES: dict[str, list[tuple[int, int, int, bool]]] = {
    "clean": [(10, 20, BRIGHT, True)],
    "decoy": [(10, 20, DIM, True), (30, 50, BRIGHT, False)],
    "nothing": [(20, 20, BRIGHT, False)],
    "pair": [(10, 20, BRIGHT, True), (25, 45, DIM, True)],
}
"""Of each image its 3 x 3 spots: top row, left column, grey level, and whether it is a target."""


def write_scenes(folder: Path) -> Path:
    """Write images/ and masks/; the background is 60 with a deviation of 2."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for seed, (name, spots) in enumerate(SCENES.items()):
        image = np.random.default_rng(seed).normal(60, 2, SHAPE)
        mask = np.zeros(SHAPE, np.uint8)
        for row, column, level, is_target in spots:
            place = slice(row, row + 3), slice(column, column + 3)
            image[place] = level
            mask[place] = 255 * is_target
        Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(folder / "images" / f"{name}.png")
        Image.fromarray(mask).save(folder / "masks" / f"{name}.png")
    return folder
