"""The protocols that come with the package: their names, files and summaries. No file is run for it."""

from __future__ import annotations

import ast
from pathlib import Path

from istdbench.config import ENDINGS
from istdbench.errors import UsageError
from istdbench.files import is_file
from istdbench.spec import check_name, what_there_is

FOLDER = Path(__file__).parent
CODE = ("__init__", "as_toml", "changes", "fields", "listing", "protocol")
"""The modules in the folder that are no protocols."""


def protocol_names() -> list[str]:
    """The protocols that come with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in CODE)


def protocol_summaries() -> dict[str, str]:
    """The summary of each protocol that comes with the package, read without running its file."""
    return {name: _literal(FOLDER / f"{name}.py", "summary") for name in protocol_names()}


def protocol_path(name: str) -> Path:
    """The file of a protocol, given its name or the file: TOML, or a Python program.

    Raises:
        UsageError: there is no such protocol.
    """
    if name.endswith(ENDINGS):
        path = Path(name)
        if not is_file(path):
            raise UsageError(f"protocol file {name} does not exist")
        check_name(path.stem, f"protocol file {name}: {path.stem!r}, which the protocol is called by,")
        return path
    packaged = packaged_path(name)
    if packaged is None:
        raise UsageError(
            f"unknown protocol {name!r:.200}; {what_there_is(name[:200], protocol_names())}, or the path of a .toml or "
            ".py file"
        )
    return packaged


def packaged_path(name: str) -> Path | None:
    """The file of a protocol that comes with the package; None where there is none of that name."""
    return FOLDER / f"{name}.py" if name in protocol_names() else None


def _literal(path: Path, variable: str) -> str:
    """The text that a Python file assigns to a variable at its top level."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == variable:
            return str(ast.literal_eval(statement.value))
    raise UsageError(f"protocol file {path} has no {variable}")
