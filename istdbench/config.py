"""Config files, which protocols and campaigns are: read, checked by pydantic, wrong ones named.

A `.py` file is a program that mmengine runs, whatever it does. A `.toml` file is only read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from istdbench.errors import PluginError, UsageError
from istdbench.files import is_file
from istdbench.plugins.guard import calling, told
from istdbench.settings import give_libraries_a_cache
from istdbench.spec import what_there_is

if TYPE_CHECKING:
    from mmengine.config import Config

ENDINGS = (".py", ".toml")
LARGEST = 50_000
"""Bytes of a TOML file; a protocol has some thousand."""
MOST_POINTS = 100
"""In a line of such a file: the time that `tomllib` takes grows with the square of a key's parts, and with no more."""
BASE = "_base_"
SHOWN = 5
"""Problems of a config that its error tells."""

Fields = TypeVar("Fields", bound=BaseModel)
Kinds = tuple[Any, ...]
"""What may stand somewhere: the parts of a union, or one type."""


def _unknown(name: str) -> Path | None:
    return None


def read_config(path: Path, source: str, known: Callable[[str], Path | None] = _unknown) -> Config:
    """The config in a file, with what it inherits by `_base_`.

    In TOML, which has no word for it, the text "none" empties a field. Its `_base_` is a name that is known, or the
    path of another TOML file, from its own folder.

    Args:
        known: the file of what comes with the package under a name; None where there is none.

    Raises:
        UsageError: the file is no config, or inherits from what is not there; the message begins with `source`.
    """
    give_libraries_a_cache()
    if path.suffix == ".toml":
        return _read_toml(path, source, known, ())
    return _run(path, source)


def validated(model: type[Fields], fields: Mapping[str, Any], source: str) -> Fields:
    """A model from its fields.

    Raises:
        UsageError: a field that is missing, does not exist or has a wrong value; the message begins with `source`.
    """
    try:
        return model(**fields)
    except ValidationError as error:
        problems = [_told(model, item["loc"], item["type"], item["msg"]) for item in error.errors()]
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise UsageError(f"{source}: {'; '.join(problems[:SHOWN])}{more}") from error


def known_fields(kinds: Kinds) -> dict[str, Kinds]:
    """The fields of a section, or the keys of a table with named ones, each with what it may hold; else none."""
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return {name: _parts(info.annotation) for name, info in kind.model_fields.items()}
        if get_origin(kind) is dict:
            names, value = get_args(kind)
            return dict.fromkeys(get_args(names), (value,))
    return {}


def _run(path: Path, source: str) -> Config:
    from mmengine.config import Config

    try:
        with calling(source):
            return Config.fromfile(str(path), use_predefined_variables=False)
    except PluginError as error:  # it tried to end the program
        raise UsageError(str(error)) from error
    except Exception as error:  # the file is a program, which may raise anything
        raise UsageError(f"{source}: {told(error)}") from error


def _read_toml(path: Path, source: str, known: Callable[[str], Path | None], below: tuple[Path, ...]) -> Config:
    """The config in a TOML file, which the files `below` inherit from."""
    from mmengine.config import Config

    if path.resolve() in below:
        raise UsageError(f"{source}: {BASE} leads back to {path}; inherit from another")
    try:
        fields = _emptied(_parsed(path, source))
        base = fields.pop(BASE, None)
        config = Config() if base is None else _base(base, path, source, known, (*below, path.resolve()))
        config.merge_from_dict(fields)
    except (TypeError, RecursionError) as error:  # a table in the place of a value, or tables in tables without end
        why = "tables within tables, too many" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"{source}: {why}") from error
    return config


def _base(
    name: object, path: Path, source: str, known: Callable[[str], Path | None], below: tuple[Path, ...]
) -> Config:
    """What a TOML file inherits from; never a program, unless it comes with the package."""
    if not isinstance(name, str):
        raise UsageError(f"{source}: {BASE} is {name!r:.80}; give one name or file as a text")
    if (packaged := known(name)) is not None:
        return _run(packaged, source)
    file = path.parent / name
    if file.suffix != ".toml" or not is_file(file):
        raise UsageError(
            f"{source}: {BASE} {name!r:.80} is neither the name of what comes with the package nor a .toml file in "
            f"{path.parent}"
        )
    return _read_toml(file, source, known, below)


def _parsed(path: Path, source: str) -> dict[str, Any]:
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise UsageError(f"{source}: larger than {LARGEST:,} bytes, which no config needs; is it another file?")
    if any(line.count(b".") > MOST_POINTS for line in content.splitlines()):
        raise UsageError(f"{source}: more than {MOST_POINTS} points in a line, which no config needs")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))  # an editor of Windows may begin it with a mark
    except ValueError as error:  # of the encoding, the grammar or a number
        raise UsageError(f"{source}: no TOML: {error}") from error


def _emptied(value: Any) -> Any:
    """Tables with None where "none" stands."""
    if isinstance(value, dict):
        return {key: _emptied(item) for key, item in value.items()}
    return None if value == "none" else value


def _told(model: type[BaseModel], place: tuple[int | str, ...], kind: str, message: str) -> str:
    """What is wrong at a place of a model."""
    *sections, last = [str(part) for part in place if part != "[key]"] or ["the whole"]
    where = ".".join([*sections, last])
    if kind != "extra_forbidden" and place[-1:] != ("[key]",):
        return f"{where:.200}: {message}"
    kinds: Kinds = (model,)
    for section in sections:
        kinds = known_fields(kinds).get(section, ())
    return f"{where:.200}: no such field; {what_there_is(last[:200], known_fields(kinds))}"


def _parts(annotation: Any) -> Kinds:
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return tuple(part.__origin__ if get_origin(part) is Annotated else part for part in parts)
