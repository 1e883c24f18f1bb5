"""`istdbench submit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import say_kept


def submit(
    record: Annotated[
        str, typer.Argument(help="Record: its file, or a part of its name.", autocompletion=completion.records)
    ],
    signer: Annotated[str, typer.Option(help="Who stands by it: your name.")],
    contact: Annotated[str, typer.Option(help="An address of mail or of a page, which will be public.")],
    author: Annotated[bool, typer.Option("--author/--not-author", help="Whether you are an author of the method.")],
    affiliation: Annotated[str | None, typer.Option(help="Where you work.", show_default="none")] = None,
    url: Annotated[
        str | None, typer.Option(help="Where the weights file, or a zip archive of the score maps, can be fetched.")
    ] = None,
    plugin: Annotated[
        str | None,
        typer.Option(help="What pip installs a method by that is not built in: NAME==VERSION, or NAME @ git+https:…"),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of the bundle.", show_default="method, data set, key")] = None,
    folder: Annotated[
        Path, typer.Option(help="Folder of the bundles.", callback=options.writable_folder)
    ] = options.SUBMISSIONS,
    out_folder: options.Out = options.OUT,
) -> None:
    """Write the bundle that hands a record in, and say what is left to do.

    Example: istdbench submit nuaa/native/mynet --signer "A. Author" --contact a@example.org --author
    """
    from istdbench.results import RECORDS, look_up

    found = look_up(record, out_folder / RECORDS)

    from istdbench.submissions.bundle import signed_by
    from istdbench.submissions.new_bundle import new_bundle, steps

    by = signed_by(signer, affiliation, contact, author)
    bundle = new_bundle(found.store, found.record, by, folder, name=name, url=url, requirement=plugin)
    say_kept(folder / bundle.name)
    for step in steps(bundle, folder / bundle.name):
        say_kept(step)
