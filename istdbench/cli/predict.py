"""`istdbench predict`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from istdbench.cli import options
from istdbench.cli.console import counted_bar, say_aside, say_errors, say_kept, say_warning
from istdbench.datasets.levels import parse_range
from istdbench.errors import UsageError

if TYPE_CHECKING:
    from istdbench.detection.detector import Tile

SHOWN = 20
"""Files with faults that are named on the terminal."""
DEVICE_BATCH = {"cpu": 1, "cuda": 8}
"""Images that a network sees at once. On a CPU more are not faster, and one at a time gives the very maps of `run`."""


def predict(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="INPUT", help="Images, TIFF or NPY stacks, videos, or folders of them.")
    ],
    method: options.DetectingMethod,
    out_folder: Annotated[Path, typer.Option("--out", help="Folder of the outputs.", callback=options.writable_folder)],
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|DATASET|released[:NAME]",
            help="Of a network: a data set that it was trained on, such as nuaa, a file, or those of its authors.",
        ),
    ] = None,
    protocol: options.Protocol = None,
    save: Annotated[
        str, typer.Option(help="Comma-separated: masks, maps (16-bit PNG), npy (maps as they are), overlays, coco.")
    ] = "",
    threshold: Annotated[
        float | None, typer.Option(help="A target is where the score is greater.", show_default="the weights' own")
    ] = None,
    range_: Annotated[
        str, typer.Option("--range", help="Levels that become black and white: full, minmax, percentile, LO:HI.")
    ] = "full",
    range_of: Annotated[
        Literal["image", "sequence"], typer.Option(help="What minmax and percentile are taken over.")
    ] = "image",
    tile: Annotated[
        str, typer.Option(help="Side of tiles in pixels; none; auto cuts what the network would see far too small.")
    ] = "auto",
    batch: Annotated[
        int | None, typer.Option(help="Images of one size that a network sees at once.", show_default="cpu 1, cuda 8")
    ] = None,
    device: options.Device = "cpu",
) -> None:
    """Detect targets in images and videos of your own; no labels are needed.

    Writes detections.csv (x, y in pixels, 0 at the centre of the upper left one), about.json (how they were made), and
    what --save names, a file a frame; files of an earlier run are replaced by their names.

    Example: istdbench predict flight.avi frames/ --method mim_istd --weights nuaa --out found --save overlays,coco
    """
    levels, side = parse_range(range_), _tile(tile)

    from istdbench.detection.footage import find_clips
    from istdbench.detection.loading import load
    from istdbench.detection.pipeline import detect_clips
    from istdbench.detection.summary import about, faults, notes
    from istdbench.detection.writers import Writer

    detector = load(
        method,
        weights,
        protocol=protocol,
        threshold=threshold,
        tile=side,
        batch=DEVICE_BATCH.get(device, 1) if batch is None else batch,
        device=device,
    )
    clips = find_clips(inputs, out_folder)
    writer = Writer(out_folder, options.names(save), threshold=detector.threshold)
    writer.prepare(clips)
    if detector.weights:
        say_aside(f"weights: {detector.weights}")
    together = range_of == "sequence"
    with counted_bar("predict") as progress:
        outcome = detect_clips(detector, clips, writer, levels=levels, together=together, progress=progress)
    for note in notes(detector, outcome):
        say_warning(note)
    if outcome.seen:
        for path in writer.finish(outcome.seen, about(detector, outcome, levels, together=together)):
            say_aside(f"written: {path}")
        say_kept(
            f"{outcome.detections} detections in {len(outcome.seen)} frames; "
            f"{_rate(len(outcome.seen) / outcome.seconds)} frames a second"
        )
    wrong = list(faults(outcome))
    say_errors(wrong[:SHOWN] + ([f"and {len(wrong) - SHOWN} more of the kind"] if len(wrong) > SHOWN else []))


def _rate(value: float) -> str:
    """Two digits at the least, so that a slow one is not called 0."""
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _tile(text: str) -> Tile:
    """The tile that a person wrote.

    Raises:
        UsageError: it is none.
    """
    if text in ("auto", "none"):
        return "auto" if text == "auto" else None
    if not text.isdecimal() or not int(text):
        raise UsageError(f"--tile {text!r}: write auto, none or the side of a tile in pixels")
    return int(text)
