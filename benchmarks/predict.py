"""`istdbench predict` beside the bare network, on the same images: `python benchmarks/predict.py`.

The bare network is called on tensors that are ready in memory, and what it gives is thrown away. `predict` reads and
decodes files, stretches and normalises, brings the score maps back to their images' size, finds the detections, and
with `--save` writes masks, maps and overlays. Maps are checked to be the network's own. All take turns: quote the
ratios, not the times. With `--quick`, few generated images: a check that the script runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import torch
from pipelines import race
from tabulate import tabulate

from istdbench import Detector, load
from istdbench.datasets.images import read_image
from istdbench.datasets.paired_files import PairedFiles
from istdbench.detection.footage import find_clips
from istdbench.detection.pipeline import detect_clips
from istdbench.detection.writers import KINDS, Writer
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec

BARE, TABLE, ALL = "bare network", "detections.csv", "everything of --save"


def files(dataset: str, count: int, folder: Path) -> list[Path]:
    """Image files of the test part of a data set's default split; a generated set is written to `folder` first."""
    data = build_dataset(parse_spec(dataset))
    names = data.names(data.default_split, "test")[:count]
    if isinstance(data, PairedFiles):
        return [data.paths(name)[0] for name in names]
    for name in names:
        cv2.imwrite(str(folder / f"{name}.png"), data.load(name).image.astype(np.uint8))
    return [folder / f"{name}.png" for name in names]


def bare(detector: Detector, paths: Sequence[Path]) -> Callable[[], None]:
    assert detector.network is not None and detector.preprocessing is not None
    channels = detector.method.in_channels
    inputs = [detector.preprocessing.tensor(read_image(path)).expand(-1, channels, -1, -1) for path in paths]

    @torch.inference_mode()
    def call() -> None:
        for seen in inputs:
            detector.network(seen).sigmoid()

    return call


def predict(detector: Detector, paths: Sequence[Path], out: Path, save: Sequence[str]) -> Callable[[], None]:
    def call() -> None:
        outcome = detect_clips(detector, find_clips(paths, out), writer := Writer(out, save, threshold=0.5))
        writer.finish(outcome.seen, {})
        assert len(outcome.seen) == len(paths)

    return call


def check_equal(detector: Detector, paths: Sequence[Path], out: Path) -> None:
    """The maps that `predict` writes are those of the detector."""
    predict(detector, paths, out, ["npy"])()
    for path in paths:
        np.testing.assert_array_equal(np.load(out / "maps" / f"{path.stem}.npy"), detector(read_image(path)))


def compare(method: str, weights: str, paths: Sequence[Path], out: Path, budget: float) -> list[str]:
    """A row of the table: frames a second of each, and the share of the bare network's."""
    detector = load(method, weights)
    check_equal(detector, paths[:2], out)
    calls = {BARE: bare(detector, paths), TABLE: predict(detector, paths, out, ())}
    calls[ALL] = predict(detector, paths, out, KINDS)
    times = race(calls, budget=budget)
    rates = {name: len(paths) / seconds for name, seconds in times.items()}
    shares = [f"**{rates[name] / rates[BARE]:.2f}** ({rates[name]:.1f} a second)" for name in (TABLE, ALL)]
    return [method, f"{rates[BARE]:.1f} a second", *shares]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", default="mim_istd,baseline,conv_inner", help="whose weights come with the package")
    parser.add_argument("--weights", default="nuaa", help="a data set: its weights, and its test images")
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dry", action="store_true", help="one generated image: a check that the script runs")
    options = parser.parse_args()
    methods, weights, count, budget = options.methods.split(","), options.weights, options.images, 20.0
    if options.dry:
        methods, weights, count, budget, options.threads = ["baseline"], "synth", 1, 0.0, 1
    torch.set_num_threads(options.threads)
    with TemporaryDirectory() as folder:
        paths = files(weights, count, Path(folder))
        rows = [compare(method, weights, paths, Path(folder) / method, budget) for method in methods]
    print(f"{count} images of {weights}, threads: {options.threads}")
    print(tabulate(rows, ["method", BARE, TABLE, ALL], tablefmt="github"))


if __name__ == "__main__":
    main()
