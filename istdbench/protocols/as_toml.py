"""A protocol as TOML: every field that makes its numbers, and nothing to run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from istdbench.errors import UsageError
from istdbench.protocols.changes import split_name
from istdbench.protocols.protocol import Protocol, load_protocol, overridden_for


def as_toml(name: str) -> str:
    """The text of a TOML file that is the same protocol, with the same hash on every data set.

    Args:
        name: of the protocol, or its file, with what is set behind it.

    Raises:
        UsageError: as `load_protocol`; or training is set, and each method has its own.
    """
    shared = load_protocol(name, "")
    changes = split_name(name)[1]
    if shared.recipe == "own" and any(field.startswith("training.") for field in changes):
        raise UsageError(
            f"protocol {name}: what is set in training goes over each method's own recipe, which no file says; leave "
            "it out here, and type it behind the name of the file"
        )
    fields = _fields(shared)
    apart = {dataset: _difference(fields, _fields(load_protocol(name, dataset))) for dataset in overridden_for(name)}
    return "\n".join(_tables((), fields | {"per_dataset": {key: value for key, value in apart.items() if value}}))


def _fields(protocol: Protocol) -> dict[str, Any]:
    return {key: value for key, value in _set(protocol).items() if key != "name"}


def _set(section: BaseModel) -> dict[str, Any]:
    """The fields of a section, but for empty ones that are empty by default; "none" where one was emptied."""
    plain, found = section.model_dump(mode="json"), {}
    for key, field in type(section).model_fields.items():
        value = getattr(section, key)
        if value is None and field.default is None:
            continue
        found[key] = _set(value) if isinstance(value, BaseModel) else "none" if value is None else plain.get(key, value)
    return found


def _difference(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What to put over the shared fields to have a data set's own."""
    found: dict[str, Any] = dict.fromkeys(shared.keys() - own.keys(), "none")
    for key, value in own.items():
        before = shared.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            losing = "losses" in key and before.keys() - value.keys()
            inner = {"_delete_": True, **value} if losing else _difference(before, value)
            found |= {key: inner} if inner else {}
        elif value != before:
            found[key] = value
    return found


def _tables(path: tuple[str, ...], fields: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a table: its values, then the tables in it."""
    values = {key: value for key, value in fields.items() if not isinstance(value, Mapping)}
    if path and values:
        yield f"\n[{'.'.join(map(_key, path))}]"
    yield from (f"{_key(key)} = {_value(value)}" for key, value in values.items())
    for key, value in fields.items():
        if isinstance(value, Mapping):
            yield from _tables((*path, key), value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    """A value as TOML writes it; its texts are escaped as those of JSON, and the letter DEL too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
