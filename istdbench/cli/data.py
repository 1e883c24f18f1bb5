"""`istdbench data fetch|check|path`."""

from __future__ import annotations

from typing import Any

from istdbench.built_in import PUBLISHED
from istdbench.cli import options
from istdbench.cli.console import counted_bar, group, print_json, say, say_errors, say_kept, show_table
from istdbench.errors import UsageError
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec

app = group("Download data sets, check them, find them.")


@app.command()
def fetch(name: options.DatasetArgument) -> None:
    """Download a data set and verify every file; goes on where it stopped.

    ISTDBENCH_MIRROR names a folder or URL to take the files from, ISTDBENCH_HOME where they go.

    Example: istdbench data fetch nuaa
    """
    from istdbench.datasets.pinned import fetch as fetch_files

    for part in build_dataset(parse_spec(name)).parts:
        with counted_bar(f"fetch {part.name}") as progress:
            folder = fetch_files(part, progress)
        say_kept(folder)


@app.command()
def check(name: options.DatasetArgument, as_json: options.AsJson = False) -> None:
    """Examine a data set: counts, sizes, masks, duplicates, splits and other data sets that leak into it.

    Exit code 1 where something would make a run fail or its input wrong.

    Example: istdbench data check nuaa
    """
    from istdbench.datasets import doctor

    with counted_bar(f"check {name}") as progress:
        dataset = build_dataset(parse_spec(name))
        own = {part.name for part in dataset.parts}
        others = [build_dataset(parse_spec(other)) for other in PUBLISHED if other not in own]
        report = doctor.check(dataset, progress, others)
    if as_json:
        print_json(report.to_dict())
    else:
        facts = {key: _short(value) for key, value in report.to_dict().items()}
        shown = [fact for fact in facts.items() if fact[0] not in ("dataset", "faults", "warnings")]
        show_table(("fact", "value"), shown, title=report.dataset)
        for warning in report.warnings:
            say(f"warning: {warning}")
    say_errors(report.faults)


@app.command()
def path(name: options.DatasetArgument) -> None:
    """Print the folder of a data set.

    Example: istdbench data path nuaa
    """
    for part in build_dataset(parse_spec(name)).parts:
        folder = getattr(part, "folder", None)
        if folder is None:
            raise UsageError(f"{part.name}: it is generated, there is no folder")
        say(folder)


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(item)}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        shown = ", ".join(map(str, value[:3]))
        return f"{len(value)}: {shown}{', …' if len(value) > 3 else ''}" if value else "none"
    if isinstance(value, float):
        return f"{value:g}"
    return " x ".join(map(str, value)) if isinstance(value, tuple) else str(value)
