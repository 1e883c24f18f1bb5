"""`istdbench verify`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import FAILED, bar, print_json, say

if TYPE_CHECKING:
    from istdbench.runs.verify import Verification

SHOWN = 20


def verify(
    record: Annotated[
        str, typer.Argument(help="Record: its file, or a part of its name.", autocompletion=completion.records)
    ],
    weights: Annotated[
        Path | None, typer.Option(help="Weights file, where it is neither trained here nor zoo; or released.")
    ] = None,
    maps: options.PredictionMaps = None,
    tolerance: Annotated[
        float | None, typer.Option(help="Relative change of a metric allowed elsewhere.", show_default="0.002")
    ] = None,
    out_folder: options.Out = options.OUT,
    device: options.Device = "cpu",
    as_json: options.AsJson = False,
) -> None:
    """Make a recorded number again; exit code 0 where it comes out, 1 where not.

    On the same machine, versions and code it has to come out bit for bit, elsewhere within the tolerance.

    Example: istdbench verify nuaa/cpu512/tophat
    """
    from istdbench.results import RECORDS, look_up

    found = look_up(record, out_folder / RECORDS)

    from istdbench.jobs.device import check_device
    from istdbench.runs.verify import TOLERANCE
    from istdbench.runs.verify import verify as verify_record

    check_device(device)
    allowed = TOLERANCE if tolerance is None else tolerance
    result = verify_record(
        found.store, found.record, weights=weights, maps=maps, device=device, tolerance=allowed, track=bar
    )
    if as_json:
        print_json(_json(result))
    else:
        for line in _lines(result):
            say(line)
    if not result.reproduced:
        raise typer.Exit(FAILED)


def _lines(result: Verification) -> list[str]:
    where = f"elsewhere ({'; '.join(result.elsewhere)})" if result.elsewhere else "on the same machine by the same code"
    images, total = len(result.images), result.record.dataset.images
    lines = [f"{result.record.path}", f"run again {where}"]
    for name, (then, now) in result.metrics.items():
        lines.append(f"  {name}: {then:.6g} recorded, {now:.6g} now ({_change(then, now)})")
    for name, counts in list(result.images.items())[:SHOWN]:
        lines.append(f"  {name}: {', '.join(f'{count} {then} -> {now}' for count, (then, now) in counts.items())}")
    if images > SHOWN:
        lines.append(f"  ... and {images - SHOWN} more images; --json names all")
    if result.exact:
        return [*lines, f"reproduced: every count of all {total} images is the same, bit for bit"]
    tail = f"{images} of {total} images differ"
    if result.reproduced:
        return [*lines, f"reproduced within the tolerance of {result.tolerance:.2%} that holds elsewhere; {tail}"]
    why = f"beyond the tolerance of {result.tolerance:.2%}" if result.elsewhere else "where it must be bit for bit"
    return [*lines, f"NOT reproduced, {why}; {tail}"]


def _change(then: float, now: float) -> str:
    return f"{(now - then) / then:+.2%}" if then and not math.isnan(now - then) else f"{now - then:+.3g}"


def _json(result: Verification) -> dict[str, object]:
    return {
        "record": str(result.record.path),
        "reproduced": result.reproduced,
        "exact": result.exact,
        "tolerance": result.tolerance,
        "elsewhere": result.elsewhere,
        "metrics": result.metrics,
        "images": result.images,
    }
