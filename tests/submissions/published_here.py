"""What a sender has: weights of a tiny network, a server that publishes files, and a hand that alters bundles."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch

from istdbench.jobs.header import TrainingFacts, WeightsHeader
from istdbench.jobs.weights import save_weights
from istdbench.methods.method import Learned
from istdbench.results import NetworkInput, Record, Store

INPUT = NetworkInput(pad=16, mean=100.0, sd=30.0, channels=1)
TRAINED_BY = {
    "split": "official",
    "part": "train",
    "images": 4,
    "protocol": "smoke",
    "training_hash": "0" * 64,
    "seed": 0,
    "epochs": 1,
    "steps": 1,
    "loss": 1.0,
    "device": "cpu",
    "versions": {},
}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a folder's files, for the span of the block."""
    folder.mkdir(exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_weights(path: Path, method: Learned, **trained_on: Any) -> Path:
    """Untrained weights of a method; with `dataset` and `fingerprint` they say that they were trained on those."""
    torch.manual_seed(2)
    network = method.build()
    training = TrainingFacts(**{**TRAINED_BY, **trained_on}) if trained_on else None
    options = dict(method.resolve({}))
    header = WeightsHeader(method=method.name, options=options, input=INPUT, threshold=0.5, training=training)
    save_weights(path, network.state_dict(), header)
    return path


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file."""
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))


def forge(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the record of a bundle, and put it where its new content belongs: hashes and places are right again."""
    [path] = (folder / "records").glob("*/*/*.json")
    store = Store(folder / "records")
    table = store.per_image(store.load(path))
    told = json.loads(path.read_text())
    change(told)
    for file in path.parent.iterdir():
        file.unlink()
    store.save(Record.model_validate(told), table)
    (store.root / ".lock").unlink(missing_ok=True)
