"""Image files with bright spots and their masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def write_spots(folder: Path, names: str = "abc") -> Path:
    """Write images/ and masks/ of 40 x 48 with a 3 x 3 spot each."""
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for index, name in enumerate(names):
        mask = np.zeros((40, 48), np.uint8)
        mask[10 + index : 13 + index, 20:23] = 255
        noise = np.random.default_rng(index).normal(60, 3, mask.shape)
        Image.fromarray((noise + mask / 2).clip(0, 255).astype(np.uint8)).save(folder / "images" / f"{name}.png")
        Image.fromarray(mask).save(folder / "masks" / f"{name}.png")
    return folder
