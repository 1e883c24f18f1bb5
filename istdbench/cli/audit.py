"""`istdbench audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from istdbench.cli import options
from istdbench.cli.console import bar, err, out, print_json
from istdbench.errors import UsageError


def audit(
    source: Annotated[
        Path, typer.Argument(metavar="PRED_DIR|RECORD", help="Folder of score maps, or a record's .json.")
    ],
    dataset: Annotated[str | None, typer.Option(help="Data set of the folder; a record names its own.")] = None,
    split: Annotated[str | None, typer.Option(help="Named split.", show_default="the data set's own")] = None,
    part: Annotated[str | None, typer.Option(help="Part of the split.", show_default="test")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights file of a record.", show_default="found")] = None,
    maps: Annotated[
        Path | None, typer.Option(help="Folder of `run --maps`: read what is there, keep the rest.")
    ] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="Write the report to this .md file.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Score the same maps by the rules of other repositories, and say which rule moves which number.

    Example: [bold]istdbench audit my_maps --dataset nuaa --out audit.md[/bold]
    """
    from istdbench.audit.audit import audit as run_audit
    from istdbench.audit.report import to_json, to_markdown
    from istdbench.audit.source import from_folder, from_record
    from istdbench.files import atomic_write

    if source.suffix == ".json":
        given = from_record(source, dataset, split, part, weights=weights, maps=maps)
    elif weights is not None or maps is not None:
        raise UsageError("--weights and --maps go with a record; a folder holds its maps already")
    else:
        given = from_folder(source, dataset, split, part)
    rows = run_audit(given.score_of, given.dataset, bar(given.names, "audit"))
    if out_file is not None:
        atomic_write(out_file, to_markdown(given, rows))
        err.print(f"report: {out_file}", markup=False, highlight=False, soft_wrap=True)
    if as_json:
        print_json(to_json(given, rows))
    elif out_file is None:
        out.print(Markdown(to_markdown(given, rows)))
