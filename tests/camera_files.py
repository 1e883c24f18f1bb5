"""Files as cameras leave them, of frames in their own units."""

import cv2
import numpy as np
from PIL import Image


def moving_spot(count=8, shape=(48, 64), low=7000, high=7800, seed=0) -> np.ndarray:
    """Frames (count, H, W) uint16 of a camera with 14 bits: noise about `low`, and a spot of `high` of 3 x 3 pixels.

    Its centre is at row 20 + i, column 10 + 3 i of frame i.
    """
    frames = np.random.default_rng(seed).normal(low, (high - low) / 100, (count, *shape)).round()
    for index, frame in enumerate(frames):
        frame[19 + index : 22 + index, 9 + 3 * index : 12 + 3 * index] = high
    return frames.astype(np.uint16)


def write_tiff(path, frames):
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *more = map(Image.fromarray, frames)
    first.save(path, save_all=True, append_images=more)


def write_video(path, frames, codec="MJPG", rate=25.0):
    """Lossy for most codecs; FFV1 keeps every level, of 16 bits too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    depth = cv2.CV_16U if frames.dtype == np.uint16 else cv2.CV_8U
    how = [cv2.VIDEOWRITER_PROP_IS_COLOR, 0, cv2.VIDEOWRITER_PROP_DEPTH, depth]
    size = frames.shape[:0:-1]
    video = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*codec), rate, size, how)
    assert video.isOpened(), path
    for frame in frames:
        video.write(frame)
    video.release()


def write_image(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
