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
from istdbench.released.releases import is_meant
from istdbench.results import Record
from istdbench.site.addresses import board_path
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
        weights: a file, or the data set that they were trained on.
    """

    def make(source: Source) -> Iterator[Page | Asset]:
        file, about = _exported(method, weights)
        given = {"file": _packed(file), "about": about.as_json(), "sample": _sample(method, weights)}
        parts = {name: _packed(content) for name, content in runtime().items()}
        scripts = [
            Asset(f"{FOLDER}/runtime.js", f"/*!\n{LICENCE}\n*/\nwindow.runtime = {json.dumps(parts)};\n".encode()),
            Asset(f"{FOLDER}/network.js", f"window.network = {json.dumps(given)};\n".encode()),
        ]
        yield page(
            f"{FOLDER}/index.html",
            "Try a network",
            "demo.html",
            scripts=["assets/demo.js"],
            about=about,
            name=method,
            megabytes=sum(len(script.content) for script in scripts) / 1e6,
            scored=_scored(source, about.weights),
            metric=source.entries[0],
            runtime=VERSION,
        )
        yield from scripts

    return Section("Try it", make)


def _scored(source: Source, weights: str) -> list[tuple[Record, str]]:
    """The records of these weights, and the pages that have them."""
    return [
        (record, board_path(shelf.name, record))
        for shelf in source.shelves
        for record in shelf.records
        if record.weights is not None and record.weights.sha256 == weights
    ]


def _exported(method: Spec, weights: str) -> tuple[bytes, About]:
    """The network as ONNX, and what it says of itself.

    Raises:
        UsageError: the weights are not ours to publish, or the network sees several frames; or as `export`.
    """
    if is_meant(weights):
        raise UsageError(
            f"--demo-weights {weights}: weights that authors released are theirs to publish; name those of a training"
        )
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
