"""`istdbench audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, print_json, say_aside, show
from istdbench.spec import parse_spec


def audit(
    source: options.Source,
    dataset: options.SourceDataset = None,
    split: options.SourceSplit = None,
    part: options.SourcePart = None,
    scale: options.Scale = None,
    resize: options.ResizeMaps = None,
    weights: options.RecordWeights = None,
    maps: options.Maps = None,
    records: options.Records = options.RECORDS,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write the report to this .md file.", callback=options.writable_file)
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Score the same maps by the rules of other repositories, and say which rule moves which number.

    Example: istdbench audit my_maps --dataset nuaa --out audit.md
    """
    from istdbench.runs.map_sources import open_source
    from istdbench.scoring.reading import Reading

    data = None if dataset is None else parse_spec(dataset)
    reading = Reading(scale, resize)
    given = open_source(source, records, data, split, part, weights=weights, maps=maps, reading=reading)

    from rich.console import Console
    from rich.markdown import Markdown

    from istdbench.audit.audit import Audit
    from istdbench.files import atomic_write
    from istdbench.reports import audit_tables

    found = Audit()
    given.show(found, track=bar, title="audit")
    rows = found.rows()
    audited = audit_tables.Audited(given.title, given.dataset.name, given.split, given.part, len(given.names))
    if out_file is not None:
        atomic_write(out_file, audit_tables.to_markdown(audited, rows))
        say_aside(f"report: {out_file}")
    if as_json:
        print_json(audit_tables.to_json(audited, rows))
    elif out_file is None:
        Console().print(Markdown(audit_tables.head(audited)), "")
        show(audit_tables.table(audited, rows))
        Console().print("", Markdown(audit_tables.reasons(rows)))
