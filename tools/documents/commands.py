"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from istdbench.cli.verbs import VERBS, build

EXAMPLE = "Example: "


def reference() -> str:
    """Every verb below a heading of its own, in the order of `istdbench --help`."""
    return "\n\n".join(block for name in VERBS for block in _verb(f"istdbench {name}", build(name), "##"))


def _verb(called: str, command: Any, heading: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        yield f"{heading} {called}"
        yield command.help or ""
        for name, own in command.commands.items():
            yield from _verb(f"{called} {name}", own, f"{heading}#")
        return
    # the metavar of a verb says what follows its name
    context = typer.Context(command, info_name=called)
    yield f"{heading} {called}"
    yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```"
    yield from map(_paragraph, (command.help or "").split("\n\n"))
    rows = [record for parameter in command.params if (record := parameter.get_help_record(context))]
    if rows:
        yield "\n".join(["| | |", "|:--|:--|", *(f"| {_code(name)} | {_text(said)} |" for name, said in rows)])


def _paragraph(text: str) -> str:
    """A paragraph of a help text; an example as a block that can be copied."""
    if text.startswith(EXAMPLE):
        commands = re.split(r", (?=istdbench )", " ".join(text.removeprefix(EXAMPLE).split()))
        return "```sh\n" + "\n".join(commands) + "\n```"
    return _text(text)


def _code(text: str) -> str:
    return f"<code>{html.escape(text).replace('|', '&#124;')}</code>"


def _text(text: str) -> str:
    """Plain text in which nothing is taken for Markdown but what stands in backticks."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part[:1] == "`" else re.sub(r"([\\*_<>\[\]|])", r"\\\1", part) for part in parts)
