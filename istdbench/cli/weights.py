"""`istdbench weights import|show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import group, print_json, say, say_aside, show_table
from istdbench.spec import parse_spec

if TYPE_CHECKING:
    from istdbench.importing.import_weights import Imported
    from istdbench.importing.summary import TensorSet
    from istdbench.jobs.header import WeightsHeader

app = group("Files of weights: take over what others trained, look into a file.")

File = Annotated[Path, typer.Argument(metavar="FILE", help="A file of weights; no code in it is run.")]
Key = Annotated[str | None, typer.Option(help="Which of several sets of tensors in the file.")]
Input = Annotated[
    str | None,
    typer.Option(
        "--input",
        help="What the network saw: resize (side that images were stretched to, or none), mean and sd (in grey levels "
        "0..255; one, or one a channel with slashes between), pad (sides filled up to a multiple; 1 where left out).",
        show_default="it must be said",
    ),
]

SHOWN = 8
"""Names of tensors that are shown of a file of others."""


@app.command("import")
def import_(
    file: File,
    method: options.ForMethod,
    out: Annotated[Path, typer.Option(help="The new file, .safetensors.")],
    seen: Input = None,
    threshold: Annotated[float, typer.Option(help="A target is where the score is greater than this.")] = 0.5,
    key: Key = None,
) -> None:
    """Take over weights that others trained: .pth, .pth.tar, .pt, .pkl, .safetensors, MXNet's .params.

    Names are ours or those of the code that the method's authors published. Tensors that are missing, left over or of
    another shape are an error. A pickled module is read, and no code in it is run. What is scored with the new file is
    marked, since how the weights were trained is not known.

    --input has no word for other normalisations, such as from minimum to maximum of each image; and istdbench stretches
    images in its own way, which may differ a little from the authors'.

    Example: istdbench weights import DNANet.pth.tar --method dnanet --out dnanet.safetensors
    --input resize=256,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375
    """
    from istdbench.importing.import_weights import import_weights

    done = import_weights(file, parse_spec(method), seen, out, key=key, threshold=threshold)
    for line in _told(done):
        say_aside(line)
    say_aside(f"to score them: istdbench run --methods {method} --dataset nuaa --weights {out}")
    say(out)


@app.command()
def show(file: File, as_json: options.AsJson = False) -> None:
    """Say what a file of weights holds: whose they are, what their network sees, which tensors.

    Example: istdbench weights show dnanet.safetensors
    """
    from istdbench.importing.summary import summary

    found = summary(file)
    header = found.header
    if as_json:
        print_json(vars(found) | {"header": None if header is None else header.model_dump(mode="json")})
        return
    if header is None:
        say(f"{file}: not written by istdbench; SHA-256 {found.sha256}")
    else:
        show_table(("", ""), _described(header), title=f"{file}: weights of {header.method}; SHA-256 {found.sha256}")
    for tensors in found.sets:
        _show_set(tensors, SHOWN if header is None else 0)
    if found.others:
        say(f"beside them: {', '.join(found.others)}")
    if header is None:
        say(
            f"to take them over: istdbench weights import {file} --method METHOD --input resize=SIDE,mean=LEVEL,sd=LEVEL "
            "--out NEW.safetensors"
        )


def _told(done: Imported) -> list[str]:
    """What was done, and what was not."""
    from istdbench.importing.matching import first_few

    match, seen = done.match, done.header.input
    where = f" in {done.key!r}" if done.key else ""
    lines = [f"read: {len(match.state) - len(match.untold)} tensors{where}; SHA-256 {done.header.imported.sha256}"]
    told = {
        "beside them, not used": done.others,
        "left out, for no prediction reads them": match.unread,
        "not in the file, and no prediction reads them": match.untold,
        "of one gray channel, which stands in the first of the network's here": match.widened,
    }
    lines += [f"{what}: {len(names)} ({first_few(names)})" for what, names in told.items() if names]
    return [*lines, f"input, as you say: {_seen(seen)}"]
