"""`istdbench list`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from istdbench import registry
from istdbench.built_in import family_of
from istdbench.cli import options
from istdbench.cli.console import print_json, say_aside, say_error, show_groups, show_table
from istdbench.methods.method import Classical, Learned, Method
from istdbench.protocols.listing import protocol_summaries
from istdbench.reports.papers import from_description

What = StrEnum("What", "methods datasets protocols metrics probes reporters")
"""What can be listed."""


def list_(
    what: Annotated[What, typer.Argument(help="What to list.")],
    as_json: options.AsJson = False,
) -> None:
    """List what there is, and whether it is built-in or which package brought it; report broken plugins.

    Methods stand under their families, and those of a package under its name.

    Example: istdbench list methods
    """
    rows = _rows(what)
    if as_json:
        print_json(rows)
    elif what is What.methods:
        show_groups(_by_family(rows))
    else:
        headings = ("name", "summary", "origin")
        show_table(headings, [[row[heading] for heading in headings] for row in rows])
    report_broken()


def _rows(what: What) -> list[dict[str, Any]]:
    if what is What.protocols:
        return [{"name": name, "summary": text, "origin": "built-in"} for name, text in protocol_summaries().items()]
    catalogue: registry.Catalogue[Any] = getattr(registry, what.upper())
    return [
        {"name": entry.name, "summary": entry.summary, "origin": catalogue.origin(entry.name)}
        | (_of_method(entry) if what is What.methods else {})
        for entry in catalogue.all()
    ]


def _by_family(rows: list[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """Names and summaries of methods, those of a package under its name.

    What was made from a description alone says so first, where no narrow terminal cuts it off.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        mark = "from the description: " if row["from_description"] else ""
        groups.setdefault(row["family"] or row["origin"], []).append((row["name"], f"{mark}{row['summary']}"))
    return groups


def _of_method(method: Method) -> dict[str, Any]:
    return {
        "family": family_of(method.name),
        "from_description": from_description(method.name) or None,
        "options": {
            key: {"default": option.default, "help": option.help, "range": option.range}
            for key, option in method.options.items()
        },
        "threshold": getattr(method.threshold, "name", None) if isinstance(method, Classical) else None,
        "recipe": dict(method.recipe) if isinstance(method, Learned) else {},
    }


def report_broken() -> None:
    """Say on standard error which plugins were skipped, and why."""
    for broken in registry.broken_plugins():
        say_error(f"plugin {broken.origin} is broken and was skipped:")
        say_aside(broken.traceback)
