"""A network that runs in the reader's browser, on an image of the reader's own, which goes nowhere.

All that it needs are scripts that hold packed files, since a page that was opened as a file may load scripts alone.
They are loaded when a network is first asked for.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from istdbench.detection.loading import load
from istdbench.errors import UsageError
from istdbench.exporting.about import About
from istdbench.exporting.export import export
from istdbench.registry import build_dataset
from istdbench.site.demo_runtime import LICENCE, VERSION, runtime
from istdbench.site.frame import page
from istdbench.site.section import Asset, Page, Section
from istdbench.site.source import Source
from istdbench.spec import Spec

FOLDER = "demo"
SAMPLE = ("synth", "test_0002")
"""Data set and image that a reader without one may try: free of anybody's terms."""


def demo(method: Spec, weights: str) -> Section:
    """The section with the network.

    Args:
        method: a network of single images.
        weights: as of `istdbench.exporting.export.export`.
    """

    def make(source: Source) -> Iterator[Page | Asset]:
        file, about = _exported(method, weights)
        given = {"file": _packed(file), "about": about.as_json(), "sample": _sample(method, weights)}
        parts = {name: _packed(content) for name, content in runtime().items()}
        yield page(
            f"{FOLDER}/index.html",
            "Try a network",
            "demo.html",
            scripts=["assets/demo.js"],
            about=about,
            name=method,
            megabytes=len(file) / 2**20,
            runtime=VERSION,
        )
        yield Asset(f"{FOLDER}/runtime.js", f"/*!\n{LICENCE}\n*/\nwindow.runtime = {json.dumps(parts)};\n".encode())
        yield Asset(f"{FOLDER}/network.js", f"window.network = {json.dumps(given)};\n".encode())

    return Section("Try it", make)


def _exported(method: Spec, weights: str) -> tuple[bytes, About]:
    """The network as ONNX, and what it says of itself."""
    with TemporaryDirectory() as folder:
        done = export(method, weights, Path(folder) / "network.onnx", "onnx")
        if done.about.frames > 1:
            raise UsageError(f"--demo {method}: looks at {done.about.frames} frames at once; name one of single images")
        return done.path.read_bytes(), done.about


def _sample(method: Spec, weights: str) -> dict[str, Any]:
    """An image, and what PyTorch makes of it, so that any browser's scores are held against it."""
    dataset, name = SAMPLE
    image = build_dataset(Spec(dataset)).load(name).image
    detector = load(str(method), weights, tile=None)
    score = detector(image)
    return {
        "name": f"{dataset}, {name}",
        "image": f"data:image/png;base64,{_text(cv2.imencode('.png', image.astype(np.uint8))[1].tobytes())}",
        "scores": _packed(score.astype("<f4").tobytes()),
        "found": [[round(each.x, 3), round(each.y, 3), each.area] for each in detector.detect(image)],
    }


def _packed(content: bytes) -> str:
    return _text(gzip.compress(content, mtime=0))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
