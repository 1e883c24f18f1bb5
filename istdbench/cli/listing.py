"""`istdbench list`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import err, out, print_json, say_error


class What(StrEnum):
    """What can be listed."""

    methods = "methods"
    datasets = "datasets"
    protocols = "protocols"
    metrics = "metrics"
    probes = "probes"
    reporters = "reporters"


def list_(
    what: Annotated[What, typer.Argument(help="What to list.")],
    as_json: options.AsJson = False,
) -> None:
    """List what there is, and whether it is built-in or which package brought it; report broken plugins.

    Example: [bold]istdbench list methods[/bold]
    """
    rows = _rows(what)
    if as_json:
        print_json(rows)
    else:
        table = Table("name", "summary", "origin")
        for row in rows:
            table.add_row(row["name"], row["summary"], row["origin"])
        out.print(table)
    report_broken()


def _rows(what: What) -> list[dict[str, Any]]:
    from istdbench import registry
    from istdbench.protocols.protocol import load_protocol, protocol_names

    if what is What.protocols:
        return [
            {"name": name, "summary": load_protocol(name, "nuaa").summary, "origin": "built-in"}
            for name in protocol_names()
        ]
    catalogue: registry.Catalogue[Any] = getattr(registry, what.upper())
    rows = []
    for entry in catalogue.all():
        row = {"name": entry.name, "summary": entry.summary, "origin": catalogue.origin(entry.name)}
        if what is What.methods:
            row["options"] = {key: {"default": o.default, "help": o.help} for key, o in entry.options.items()}
            row["threshold"] = getattr(entry.threshold, "name", None)
            row["recipe"] = dict(entry.recipe)
        rows.append(row)
    return rows


def report_broken() -> None:
    """Say on standard error which plugins were skipped, and why."""
    from istdbench.plugins.manager import plugins

    for broken in plugins().broken:
        say_error(f"plugin {broken.origin} is broken and was skipped:")
        err.print(broken.traceback, markup=False, highlight=False)
