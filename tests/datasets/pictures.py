"""Small images and masks for tests, and writing them as files."""

import numpy as np
from PIL import Image


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(path)


def picture(seed, shape=(20, 30)):
    return np.random.default_rng(seed).integers(0, 256, shape)


def dot(row, column, shape=(20, 30)):
    mask = np.zeros(shape)
    mask[row : row + 2, column : column + 2] = 255
    return mask
