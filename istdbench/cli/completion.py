"""What a shell completes as the values of arguments and options; nothing heavy is imported for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from istdbench.errors import IstdbenchError
from istdbench.protocols.listing import protocol_names
from istdbench.registry import DATASETS, METHODS, PROBES

Names = Callable[[], Iterable[str]]


def methods(incomplete: str) -> list[str]:
    """Names of methods, comma-separated."""
    return _last_of_list(METHODS.names, incomplete)


def learned_methods(incomplete: str) -> list[str]:
    """The name of a method that is trained."""
    return _matching(lambda: (method.name for method in METHODS.all() if method.has_weights), incomplete)


def datasets(incomplete: str) -> list[str]:
    """Names of data sets, comma-separated."""
    return _last_of_list(DATASETS.names, incomplete)


def protocols(incomplete: str) -> list[str]:
    """The name of a protocol that comes with the package."""
    return _matching(protocol_names, incomplete)


def probes(incomplete: str) -> list[str]:
    """Names of probes, comma-separated."""
    return _last_of_list(PROBES.names, incomplete)


def devices(incomplete: str) -> list[str]:
    """A device."""
    return _matching(lambda: ("cpu", "cuda"), incomplete)


def records(ctx: typer.Context, incomplete: str) -> list[str]:
    """The name of a record in the folder that the options name."""
    out, folder = ctx.params.get("out_folder"), ctx.params.get("records")
    root = folder if isinstance(folder, Path) else (out or Path("leaderboards")) / "records"
    files = sorted(root.glob("*/*/*.json"))
    return _matching(lambda: (file.relative_to(root).with_suffix("").as_posix() for file in files), incomplete)


def _matching(names: Names, incomplete: str) -> list[str]:
    try:
        return [name for name in names() if name.startswith(incomplete)]
    except IstdbenchError:
        return []  # plugins that exclude each other; the verb says so when it is called


def _last_of_list(names: Names, incomplete: str) -> list[str]:
    """The last name of a list, completed; those before it are not proposed again."""
    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    return [f"{before}{comma}{name}" for name in _matching(names, last) if name not in given]
