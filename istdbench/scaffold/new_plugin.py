"""A new plugin package from the templates beside this file: installable, tested, and passing every check."""

from __future__ import annotations

import keyword
import re
import secrets
import shutil
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from string import Template

from istdbench.errors import IstdbenchError, UsageError

TEMPLATES = Path(__file__).parent / "template"
SUFFIX = ".template"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Kind(StrEnum):
    """What the new method is."""

    network = "network"
    classical = "classical"


USAGE = {
    Kind.network: "Train and run it: `istdbench run --methods {name} --dataset synth --protocol smoke --train`.\n"
    "`smoke` shows that it works and no more; without it the data set's own protocol trains in full.",
    Kind.classical: "Run it beside others: `istdbench run --methods {name},tophat --dataset synth`.",
}


def new_plugin(name: str, parent: Path, kind: Kind = Kind.network) -> Path:
    """Write a package `istdbench-NAME` with one method into `parent`, whole or not at all.

    Args:
        name: of the method; lower-case words, digits and underscores.

    Returns:
        The folder of the package.

    Raises:
        UsageError: the name cannot be one or is taken, or the folder is there already.
        IstdbenchError: the folder could not be written; nothing is left of it.
    """
    _check_name(name)
    package = f"istdbench-{name.replace('_', '-')}"
    folder = parent / package
    if folder.exists():
        raise UsageError(f"{folder} is there already; choose another name, or another folder with --folder")
    values = {
        "name": name,
        "package": package,
        "module": f"istdbench_{name}",
        "version": version("istdbench"),
        "usage": USAGE[kind].format(name=name),
    }
    partial = parent / f".{package}.{secrets.token_hex(4)}.tmp"
    try:
        for source in (TEMPLATES / "common", TEMPLATES / kind):
            _fill(source, partial, values)
        partial.rename(folder)
    except OSError as error:
        raise IstdbenchError(f"{folder}: not written ({error.strerror or error}); make {parent} writable") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _fill(source: Path, target: Path, values: dict[str, str]) -> None:
    """Every template under `source`, with its placeholders filled, at its place under `target`."""
    for template in sorted(source.rglob(f"*{SUFFIX}")):
        place = template.relative_to(source).as_posix().removesuffix(SUFFIX).replace("MODULE", values["module"])
        path = target / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(template.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")


def _check_name(name: str) -> None:
    from istdbench.registry import METHODS

    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        words = re.findall(r"[a-z0-9]+", name.lower().removeprefix("istdbench"))
        near = "_".join(words).lstrip("0123456789_")
        hint = f", such as {near!r}" if NAME.fullmatch(near) and near != name else ""
        raise UsageError(f"{name!r} cannot name a method; use lower-case letters, digits and underscores{hint}")
    if name in METHODS.names():
        raise UsageError(f"method {name!r} is there already ({METHODS.origin(name)}); choose another name")
