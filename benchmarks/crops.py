"""What a batch of training crops costs: one by one with NumPy and OpenCV, and batched on a device.

    OMP_NUM_THREADS=1 python benchmarks/crops.py --device cuda

Both draw alike. "drawn" is the host's share that both have; "resident" has the images on the device, "streamed" brings
the squares of each batch there. The first column runs on the CPU, whatever the device. All take turns and the least
counts: quote the ratios, not the times. `--dry`: one tiny shape, one repeat, a check that the script runs.
"""

from __future__ import annotations

import argparse
import math

import cv2
import numpy as np
import torch
from device_timing import race
from tabulate import tabulate

from istdbench.datasets.crops import augment, draw_crop
from istdbench.datasets.dataset import Sample
from istdbench.protocols.fields import Augmentation, Training
from istdbench.training.batches import chances
from istdbench.training.device_batches import DeviceBatches

RECIPES = {
    "native": (400, Augmentation(crop=256, gain=(0.8, 1.2), offset_sd=0.2)),
    "cpu512": (512, Augmentation(crop=256, gain=(0.8, 1.2), offset_sd=0.2, zoom=(0.7, 1.4))),
    "mim2024": (512, Augmentation(crop=512, transpose=False)),
}
"""Side of the images and what is done with them, by the protocol that does so."""


def noise(name: str, side: int) -> Sample:
    """An image with one target of 3 x 3 pixels."""
    rng = np.random.default_rng(0)
    mask = np.zeros((side, side), bool)
    row, column = rng.integers(0, side - 3, 2)
    mask[row : row + 3, column : column + 3] = True
    return Sample(name, rng.standard_normal((side, side), dtype=np.float32), mask)


def row(name: str, batch: int, device: torch.device, samples: int) -> list[str]:
    side, augmentation = RECIPES[name]
    images = [noise(f"image{number}", side) for number in range(batch)]
    recipe = Training(batch=batch, augmentation=augmentation)
    rules = chances(recipe, seed=0, epoch=0)
    resident, streamed = (DeviceBatches(images, recipe, 0, device, room) for room in (2**40, 0))
    taken = race(
        {
            "one by one": lambda: [augment(image, **rules) for image in images],
            "drawn": lambda: [draw_crop(image, **rules) for image in images],
            "resident": lambda: list(resident(0)),
            "streamed": lambda: list(streamed(0)),
        },
        device,
        samples,
    )
    best = {contender: math.nan if found is None else found.best for contender, found in taken.items()}
    first, *others = best.values()
    return [name, f"{first * 1e3:.2f}", *(f"{other / first:.2f} x" for other in others)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--dry", action="store_true", help="one tiny shape, one repeat: a check that the script runs")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    names, batch, samples = (["native"], 2, 1) if options.dry else (list(RECIPES), options.batch, 40)
    rows = [row(name, batch, torch.device(options.device), samples) for name in names]
    headers = (f"{batch} crops, {options.device}", "one by one, ms", "drawn", "resident", "streamed")
    print(tabulate(rows, headers=headers, tablefmt="github"))


if __name__ == "__main__":
    main()
