"""What to know of detections beside their numbers: how they were made, and sentences on what they depend on."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from istdbench.datasets.images import size
from istdbench.datasets.levels import Range
from istdbench.detection.detector import Detector
from istdbench.detection.pipeline import Outcome
from istdbench.files import sha256_file
from istdbench.jobs.weights import read_header


def about(detector: Detector, outcome: Outcome, levels: Range, *, together: bool) -> dict[str, Any]:
    """How detections were made and what became of the inputs, as plain data for JSON."""
    return {
        "made_by": f"istdbench {version('istdbench')}",
        "method": detector.method.name,
        "options": dict(detector.options),
        "weights": _weights(detector),
        "preprocessing": _preprocessing(detector),
        "threshold": detector.threshold,
        "range": f"{levels} of each {'sequence' if together else 'image'}",
        "tile": detector.tile,
        "batch": detector.batch,
        "frames": len(outcome.seen),
        "detections": outcome.detections,
        "notes": list(notes(detector, outcome)),
        "faults": list(faults(outcome)),
    }


def notes(detector: Detector, outcome: Outcome) -> Iterator[str]:
    """Sentences on what is not as a user may think."""
    for shape, tiles in outcome.tiled.items():
        side = detector.trained_side if detector.tile == "auto" else detector.tile
        why = ", as large as the images that the network was trained on" if detector.tile == "auto" else ""
        yield f"images of {size(shape)} are seen in {tiles} tiles of {side} x {side}{why}; --tile none sees them whole"
    for wrong in outcome.noticed.dull.values():
        yield f"{wrong}, which looks flat to a method; give --range minmax, percentile or LO:HI"
    for clip, alone in outcome.noticed.alone.items():
        yield (
            f"{clip}: {alone} frames have no {detector.method.frames} frames of one size that end with them, which "
            f"{detector.method.name} needs (those at the start, or after a gap); nothing is said of them"
        )
    for clip, told in outcome.noticed.jumps.items():
        yield f"{clip}: {told}"


def faults(outcome: Outcome) -> Iterator[str]:
    """Sentences on what is missing."""
    yield from outcome.noticed.faults
    if outcome.stopped:
        yield f"stopped by you after {len(outcome.seen)} frames; what was found in them is kept"
    elif not outcome.seen:
        yield "no frame could be looked at, so that no detections are written"


def _preprocessing(detector: Detector) -> dict[str, Any] | None:
    seen = detector.preprocessing
    return None if seen is None else {name: getattr(seen, name) for name in ("resize", "pad", "mean", "sd")}


def _weights(detector: Detector) -> dict[str, Any] | None:
    if detector.weights is None:
        return None
    return {
        "file": str(detector.weights),
        "sha256": sha256_file(detector.weights),
        **read_header(detector.weights).for_record(),
    }
