"""The protocols that come with the package: their names, files and summaries. No file is run for it."""

from __future__ import annotations

import ast
from pathlib import Path

from istdbench.errors import UsageError
from istdbench.spec import what_there_is

FOLDER = Path(__file__).parent
CODE = ("__init__", "changes", "fields", "listing", "protocol")
"""The modules in the folder that are no protocols."""


def protocol_names() -> list[str]:
    """The protocols that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in CODE)


def protocol_summaries() -> dict[str, str]:
    """The summary of each protocol that comes with the package, read without running its file."""
    return {name: _literal(FOLDER / f"{name}.py", "summary") for name in protocol_names()}


def protocol_path(name: str) -> Path:
    """The file of a protocol, given its name or the file.

    Raises:
        UsageError: there is no such protocol.
    """
    if name.endswith(".py"):
        if not Path(name).is_file():
            raise UsageError(f"protocol file {name} does not exist")
        return Path(name)
    if name not in protocol_names():
        raise UsageError(
            f"unknown protocol {name!r}; {what_there_is(name, protocol_names())}, or the path of a .py file"
        )
    return FOLDER / f"{name}.py"


def _literal(path: Path, variable: str) -> str:
    """The text that a Python file assigns to a variable at its top level."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == variable:
            return str(ast.literal_eval(statement.value))
    raise UsageError(f"protocol file {path} has no {variable}")
