"""Arguments and options that several verbs take, said once.

A name that is wrong is told as its option is read, before a verb imports anything heavy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from istdbench.errors import UsageError
from istdbench.protocols.listing import protocol_path
from istdbench.registry import DATASETS, METHODS
from istdbench.spec import parse_spec, parse_specs


def _checked(look_up: Callable[[str], object]) -> Callable[[str | None], str | None]:
    """Looks up what an option names, and gives its text as it is."""

    def check(text: str | None) -> str | None:
        if text is not None:
            look_up(text)
        return text

    return check


_method = _checked(lambda text: METHODS.get(parse_spec(text).name))
_methods = _checked(lambda text: [METHODS.get(spec.name) for spec in parse_specs(text)])
_dataset = _checked(lambda text: DATASETS.get(parse_spec(text).name))
_datasets = _checked(lambda text: [DATASETS.get(spec.name) for spec in parse_specs(text)])
_protocol = _checked(protocol_path)

OneMethod = Annotated[str, typer.Argument(help="A learned method; options as NAME:key=value.", callback=_method)]
ForMethod = Annotated[
    str,
    typer.Option("--method", help="The learned method that it is for; options as NAME:key=value.", callback=_method),
]
Methods = Annotated[
    str, typer.Option(help="Method names, comma-separated; options as NAME:key=value.", callback=_methods)
]
DatasetArgument = Annotated[str, typer.Argument(help="Data set: nuaa, irstd1k, synth, folder:PATH.", callback=_dataset)]
OneDataset = Annotated[str, typer.Option(help="Data set: nuaa, irstd1k, synth, folder:PATH.", callback=_dataset)]
Datasets = Annotated[
    str, typer.Option(help="Data set names, comma-separated: nuaa, irstd1k, synth, folder:PATH.", callback=_datasets)
]
Protocol = Annotated[
    str | None,
    typer.Option(help="Protocol name or .py file.", show_default="the data set's own", callback=_protocol),
]
Out = Annotated[Path, typer.Option("--out", help="Folder of the leaderboards and records.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
Records = Annotated[Path, typer.Option("--records", help="Folder of the records.")]
Maps = Annotated[Path | None, typer.Option(help="Folder of `run --maps`: read what is there, keep the rest.")]
Source = Annotated[
    str,
    typer.Argument(
        metavar="PRED_DIR|RECORD", help="Folder of score maps, or a record: its file, or a part of its name."
    ),
]
SourceDataset = Annotated[
    str | None, typer.Option(help="Data set of the folder; a record names its own.", callback=_dataset)
]
SourceSplit = Annotated[str | None, typer.Option(help="Named split.", show_default="the data set's own")]
SourcePart = Annotated[str | None, typer.Option(help="Part of the split.", show_default="test")]
RecordWeights = Annotated[Path | None, typer.Option(help="Weights file of a record.", show_default="found")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

OUT = Path("leaderboards")
RECORDS = OUT / "records"
"""Where records are, seen from a checkout."""

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
