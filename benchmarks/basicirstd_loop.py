"""The training loop of BasicIRSTD (XinyiYing/BasicIRSTD, train.py and dataset.py), restated: what the engine is timed
beside.

As there, an image is read from its file each time that it is drawn, by one worker process that each epoch starts anew;
a crop is drawn again and again until it holds a target, in half of the cases; the step is eager, in float32, and the
loss is brought to the host after each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

WITH_TARGET = 0.5  # of the crops are asked to hold one
TRIES = 1000


class Crops(Dataset[tuple[Tensor, Tensor]]):
    """Random crops of the images in `folder / "images"` and of their masks, normalised, flipped and turned."""

    def __init__(self, folder: Path, names: Sequence[str], crop: int, mean: float, sd: float) -> None:
        self.folder, self.names, self.crop, self.mean, self.sd = folder, names, crop, mean, sd

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        file = f"{self.names[index]}.png"
        image = (np.array(Image.open(self.folder / "images" / file), np.float32) - self.mean) / self.sd
        mask = np.array(Image.open(self.folder / "masks" / file), np.float32) / 255
        pair = np.stack(self._draw(image, mask))
        for axis in (1, 2):
            if random.random() < 0.5:
                pair = np.flip(pair, axis)
        if random.random() < 0.5:
            pair = pair.transpose(0, 2, 1)
        image, mask = torch.from_numpy(pair.copy())[:, None]
        return image, mask

    def _draw(self, image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = image.shape
        for _ in range(TRIES):
            top, left = random.randint(0, rows - self.crop), random.randint(0, columns - self.crop)
            place = slice(top, top + self.crop), slice(left, left + self.crop)
            if random.random() > WITH_TARGET or mask[place].any():
                break
        return image[place], mask[place]


def steps(
    network: nn.Module, loss_of: Callable[[Tensor, Tensor], Tensor], crops: Crops, batch: int, device: torch.device
) -> Iterator[None]:
    """Train for ever, and yield after each step.

    Args:
        network: in training mode, on the device.
        loss_of: of a batch of images and masks, (batch, 1, crop, crop) each.
    """
    loader = DataLoader(crops, batch_size=batch, shuffle=True, num_workers=1, drop_last=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-4)
    losses = []
    while True:
        for images, masks in loader:
            loss = loss_of(images.to(device), masks.to(device))
            losses.append(loss.detach().cpu())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield
