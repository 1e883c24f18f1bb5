"""Arguments and options that several verbs take, said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from istdbench.errors import UsageError

Methods = Annotated[str, typer.Option(help="Method names, comma-separated; options as NAME:key=value.")]
Datasets = Annotated[str, typer.Option(help="Data set names, comma-separated: nuaa, irstd1k, synth, folder:PATH.")]
OneDataset = Annotated[str, typer.Option(help="Data set: nuaa, irstd1k, synth, folder:PATH.")]
Protocol = Annotated[str | None, typer.Option(help="Protocol name or .py file.", show_default="the data set's own")]
Out = Annotated[Path, typer.Option("--out", help="Folder of the leaderboards and records.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

Number = TypeVar("Number", int, float)


def numbers(option: str, text: str, kind: Callable[[str], Number]) -> list[Number]:
    """The numbers of an option's text, `int` or `float`, comma-separated.

    Raises:
        UsageError: another text.
    """
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError as error:
        wanted = "whole numbers" if kind is int else "numbers"
        raise UsageError(f"{option} {text!r}: {wanted}, comma-separated, are needed") from error
