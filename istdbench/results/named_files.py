"""Records that stand alone in a folder, each in the file that its own content names: costs, limits, sealed results."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write, read_file
from istdbench.results.record_parts import Part


class NamedRecord(Part):
    """A record whose content gives the name of its file."""

    @property
    @abstractmethod
    def file(self) -> str:
        """Its name in the folder of these records."""


Kind = TypeVar("Kind", bound=NamedRecord)


def save_named(record: NamedRecord, folder: Path) -> Path:
    """Write a record; one of the same name is replaced.

    Raises:
        IstdbenchError: it could not be written; what stood there before still does.
    """
    path = folder / record.file
    atomic_write(path, record.to_json())
    return path


def read_named(kind: type[Kind], path: Path, what: str, again: str) -> Kind:
    """Read a record.

    Args:
        what: it is, for messages.
        again: what makes another in its place, for messages.

    Raises:
        IstdbenchError: it cannot be read, is none of the kind, or has the name of another.
    """
    try:
        record = kind.model_validate_json(read_file(path))
    except (OSError, ValidationError) as error:
        raise IstdbenchError(f"{path}: not {what}; delete it and {again}") from error
    refuse_renamed(record, path, again)
    return record


def refuse_renamed(record: NamedRecord, path: Path, again: str) -> None:
    """Raise IstdbenchError where a record has the name of another; `again` as of `read_named`."""
    if record.file != path.name:
        raise IstdbenchError(f"{path}: its content belongs in {record.file}; delete it and {again}")


def examine_named(read: Callable[[Path], Kind], folder: Path) -> tuple[list[Kind], list[str]]:
    """Every sound record of a folder, in the order of their file names, and what is wrong with the others."""
    records, problems = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            records.append(read(path))
        except IstdbenchError as error:
            problems.append(str(error))
    return records, problems


def warn_left_out(problems: Iterable[str]) -> None:
    """A warning for each record that is left out."""
    for problem in problems:
        warnings.warn(f"left out: {problem}", stacklevel=3)
