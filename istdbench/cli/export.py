"""`istdbench export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import say_kept
from istdbench.spec import parse_spec


def export(
    method: options.OneMethod,
    out_file: Annotated[Path, typer.Option("--out", help="The file to write.")],
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|DATASET|released[:NAME]",
            help="A file, the data set that they were trained on, or those that the authors released.",
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="onnx or torchscript.")] = "onnx",
    protocol: options.Protocol = None,
    seed: Annotated[int, typer.Option(help="Of the training, where --weights is a data set.")] = 0,
) -> None:
    """Write a network as one file for use elsewhere: gray image in, score map out, for images of any size.

    The file is run and compared with the network before it is kept. It needs nothing of istdbench, and says in its
    metadata, under `istdbench`, what is left to do with an image and where its weights come from.

    Example: istdbench export mim_istd --weights nuaa --out mim_istd.onnx
    """
    from istdbench.exporting.export import export as write

    done = write(parse_spec(method), weights, out_file, form, protocol=protocol, seed=seed)
    say_kept(
        f"{done.path}: {done.path.stat().st_size / 2**20:.1f} MiB, largest difference of a score {done.difference:.1e}"
    )
