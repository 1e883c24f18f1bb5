"""Arguments and options that several verbs take, said once.

A name that is wrong is told as its option is read, before a verb imports anything heavy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer

from istdbench.cli import completion
from istdbench.errors import UsageError
from istdbench.files import check_writable
from istdbench.protocols.changes import parse_changes, split_name
from istdbench.protocols.listing import protocol_path
from istdbench.registry import METHODS, dataset_entries
from istdbench.spec import parse_spec, parse_specs


def _checked(look_up: Callable[[str], object]) -> Callable[[str | None], str | None]:
    """Looks up what an option names, and gives its text as it is."""

    def check(text: str | None) -> str | None:
        if text is not None:
            look_up(text)
        return text

    return check


def writable_file(path: Path | None) -> Path | None:
    """Refuses a file that could not be written, before the work that it is to hold."""
    if path is not None:
        check_writable(path)
    return path


def writable_folder(path: Path | None) -> Path | None:
    """As `writable_file`, of a folder that files will be written into."""
    if path is not None:
        check_writable(path, folder=True)
    return path


_method = _checked(lambda text: METHODS.get(parse_spec(text).name))
_methods = _checked(lambda text: [METHODS.get(spec.name) for spec in parse_specs(text)])
_dataset = _checked(lambda text: dataset_entries(parse_spec(text).name))
_datasets = _checked(lambda text: [dataset_entries(spec.name) for spec in parse_specs(text)])
protocol_of = _checked(lambda text: protocol_path(split_name(text)[0]))

OneMethod = Annotated[
    str,
    typer.Argument(
        help="A learned method; options as NAME:key=value.", callback=_method, autocompletion=completion.learned_methods
    ),
]
ForMethod = Annotated[
    str,
    typer.Option(
        "--method",
        help="The learned method that it is for; options as NAME:key=value.",
        callback=_method,
        autocompletion=completion.learned_methods,
    ),
]
DetectingMethod = Annotated[
    str,
    typer.Option(
        "--method",
        help="Method name; options as NAME:key=value.",
        callback=_method,
        autocompletion=completion.methods,
    ),
]
Methods = Annotated[
    str,
    typer.Option(
        help="Method names, comma-separated; options as NAME:key=value.",
        callback=_methods,
        autocompletion=completion.methods,
    ),
]
DatasetArgument = Annotated[
    str,
    typer.Argument(
        help="Data set: nuaa, irstd1k, nudt, sirst2, synth, folder:PATH, or joined: nuaa+nudt.",
        callback=_dataset,
        autocompletion=completion.datasets,
    ),
]
OneDataset = Annotated[
    str,
    typer.Option(
        help="Data set: nuaa, irstd1k, nudt, sirst2, synth, folder:PATH, or joined: nuaa+nudt.",
        callback=_dataset,
        autocompletion=completion.datasets,
    ),
]
Datasets = Annotated[
    str,
    typer.Option(
        help="Data set names, comma-separated: nuaa, irstd1k, nudt, sirst2, synth, folder:PATH, or joined: nuaa+nudt.",
        callback=_datasets,
        autocompletion=completion.datasets,
    ),
]
Protocol = Annotated[
    str | None,
    typer.Option(
        help="Protocol name, .toml file, or .py file: a program, which is run.",
        show_default="the data set's own",
        callback=protocol_of,
        autocompletion=completion.protocols,
    ),
]
WrittenOut = Annotated[
    Path, typer.Option("--out", help="Folder of the leaderboards and records.", callback=writable_folder)
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="FIELD=VALUE", help="Set a field of the protocol, such as training.epochs=5; repeat."
    ),
]
Logs = Annotated[
    str, typer.Option("--log", help="Logs beside log.csv, comma-separated: tensorboard, wandb.", show_default="none")
]
Isolate = Annotated[
    bool | None,
    typer.Option(
        "--isolate/--no-isolate",
        help="Train and predict each job in a process of its own.",
        show_default="of methods that are not built in",
    ),
]
TimeLimit = Annotated[
    str | None, typer.Option(metavar="TIME", help="Of each such process: 90s, 30m, 2h; isolates all.")
]
MemoryLimit = Annotated[str | None, typer.Option(metavar="BYTES", help="Of each such process: 800M, 8G; isolates all.")]
FrameRate = Annotated[float, typer.Option(metavar="HZ", help="Frames a second at which alarms an hour are counted.")]
Out = Annotated[Path, typer.Option("--out", help="Folder of the leaderboards and records.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.", autocompletion=completion.devices)]
Records = Annotated[Path, typer.Option("--records", help="Folder of the records.")]
Maps = Annotated[
    Path | None,
    typer.Option(
        help="Folder of `run --maps`: read what is there, keep the rest. Of a record of predictions: of its maps."
    ),
]
PredictionMaps = Annotated[
    Path | None, typer.Option(help="Folder of the maps of a record of predictions.", show_default="as recorded")
]
MAPS_HELP = "Folder of score maps, one file an image by its name: NPY, PNG, BMP, JPEG or TIFF."
Scale = Annotated[
    float | None,
    typer.Option(
        help="Level that means a score of 1 in a folder's maps.", show_default="255 in 8 bits, 65535 in 16, else 1"
    ),
]
ResizeMaps = Annotated[
    Literal["nearest", "bilinear"] | None, typer.Option(help="How maps of another size are stretched to their images.")
]
Source = Annotated[
    str,
    typer.Argument(
        metavar="PRED_DIR|RECORD",
        help="Folder of score maps, or a record: its file, or a part of its name.",
        autocompletion=completion.records,
    ),
]
SourceDataset = Annotated[
    str | None,
    typer.Option(
        help="Data set of the folder; a record names its own.", callback=_dataset, autocompletion=completion.datasets
    ),
]
SourceSplit = Annotated[str | None, typer.Option(help="Named split.", show_default="the data set's own")]
SourcePart = Annotated[str | None, typer.Option(help="Part of the split.", show_default="test")]
RecordWeights = Annotated[
    Path | None, typer.Option(help="Weights file of a record, or released.", show_default="found")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

OUT = Path("leaderboards")
SUBMISSIONS = Path("submissions")
RECORDS = OUT / "records"
"""Where records are, seen from a checkout."""

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SUFFIXES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}


def names(text: str) -> list[str]:
    """Names, comma-separated; none of an empty text."""
    return [name.strip() for name in text.split(",") if name.strip()]


def changes(texts: list[str] | None) -> dict[str, str]:
    """What `--set` sets, each time that it is given: field to value.

    Raises:
        UsageError: a text that is no FIELD=VALUE.
    """
    return {field: value for text in texts or [] for field, value in parse_changes(text).items()}


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


def isolation(isolate: bool | None, time_limit: str | None, memory_limit: str | None) -> dict[str, Any]:
    """The fields of `Settings` that the options say; a limit is of a process, and so every job has one.

    Raises:
        UsageError: a text that is no limit, or limits without processes.
    """
    from istdbench.runs.supervised import Limits

    limited = time_limit is not None or memory_limit is not None
    if limited and isolate is False:
        raise UsageError("--no-isolate: limits are of a job's own process; leave it out, or the limits")
    seconds = None if time_limit is None else duration("--time-limit", time_limit)
    memory = None if memory_limit is None else quantity("--memory-limit", memory_limit)
    if memory is not None and not 0 < memory < math.inf:
        raise UsageError(f"--memory-limit {memory_limit!r}: a number is needed, such as 800M or 8G")
    return {"isolate": True if limited else isolate, "limits": Limits(seconds, memory)}


def duration(option: str, text: str) -> float:
    """The seconds of an option's text, such as `90s`, `30m` or `2h`.

    Raises:
        UsageError: another text.
    """
    try:
        seconds = float(text[:-1]) * SECONDS[text[-1:]]
    except (KeyError, ValueError):
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise UsageError(f"{option} {text!r}: a time is needed, such as 90s, 30m or 2h")
    return seconds


def quantity(option: str, text: str) -> float:
    """The number of an option's text, such as `1678809`, `1.68M` or `530k`.

    Raises:
        UsageError: another text.
    """
    suffix = text[-1:] if text[-1:] in SUFFIXES else ""
    try:
        return float(text.removesuffix(suffix)) * SUFFIXES[suffix]
    except ValueError as error:
        raise UsageError(f"{option} {text!r}: a number is needed, such as 1678809 or 1.68M") from error
