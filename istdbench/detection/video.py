"""Frames of video files, by OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from istdbench.errors import DataError

VIDEO_SUFFIXES = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ts", ".webm", ".wmv")
STREAMS = (".mpeg", ".mpg", ".ts")
"""Videos that hold no number of frames: what OpenCV says is guessed from times and rates, and may be twice as many."""
GRAY_16 = int.from_bytes(b"Y1\x00\x10", "little")
"""FFmpeg's code of frames with one channel of 16 bits, which OpenCV gives as they are only where it is asked to."""


def count_frames(path: Path) -> int:
    """How many frames a video says that it has, of STREAMS about; 0 where it does not say.

    Raises:
        DataError: the file cannot be opened as a video.
    """
    video = _open(path)
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    video.release()
    return max(count, 0)


def read_video(path: Path) -> Iterator[np.ndarray]:
    """The levels of every frame: (H, W) uint8, of colour its luma; uint16 where the video is gray with 16 bits.

    Raises:
        DataError: the file cannot be opened as a video, or ends before its last frame, where it tells how many there
            are; what was read until then is given first.
    """
    video = _open(path)
    promised, read = 1 if path.suffix.lower() in STREAMS else int(video.get(cv2.CAP_PROP_FRAME_COUNT)), 0
    if int(video.get(cv2.CAP_PROP_CODEC_PIXEL_FORMAT)) == GRAY_16:
        video.set(cv2.CAP_PROP_CONVERT_RGB, 0)
    try:
        while (frame := video.read()[1]) is not None:
            read += 1
            yield frame if frame.ndim == 2 else cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    finally:
        video.release()
    if read < max(promised, 1):
        raise DataError(f"{path}: ends after {read} frames of {max(promised, 1)}; copy the file again, or repair it")


def _open(path: Path) -> cv2.VideoCapture:
    video = cv2.VideoCapture(str(path))
    if not video.isOpened():
        raise DataError(f"{path}: cannot be read as a video; replace the file, or save its frames as images")
    return video
