"""Fields that are set in a protocol as it is typed: `native:training.epochs=5,training.optimizer.lr=1e-3`.

A protocol so changed is one of its own: its name says what was set, sorted by field, each value in one way of writing,
so that records, weights and folders that carry the name can load it again. A list of numbers is written `0.7:1.4`, and
`none` empties a field that may be empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_origin

from pydantic import BaseModel

from istdbench.config import ENDINGS, Kinds, known_fields
from istdbench.errors import UsageError
from istdbench.spec import near_miss, parse_spec

APART = ("name", "summary")
"""Fields that say what a protocol is called, which nobody sets."""


def split_name(text: str) -> tuple[str, dict[str, str]]:
    """A protocol's name or file, and what is set behind it: field to value, as text.

    Raises:
        UsageError: as `parse_changes`.
    """
    file = re.match(rf".*?(?:{'|'.join(map(re.escape, ENDINGS))})(?=:|\Z)", text, re.DOTALL)
    name = file[0] if file else text.partition(":")[0]
    return name, parse_changes(text[len(name) + 1 :])


def parse_changes(text: str) -> dict[str, str]:
    """What `FIELD=VALUE,FIELD=VALUE` sets: field to value, as text; of one field that is set twice, the last.

    Raises:
        UsageError: a value without a field.
    """
    changes: dict[str, str] = {}
    field = ""
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        key, equals, value = (part.strip() for part in piece.partition("="))
        if not (equals or changes) or (equals and not key):
            raise UsageError(f"{piece!r} sets nothing in a protocol; write FIELD=VALUE, such as training.epochs=5")
        field, value = (key, value) if equals else (field, f"{changes[field]}:{piece}")
        changes[field] = value.strip("[]()")
    return changes


def as_text(value: object) -> str:
    """A value in the one way that names write it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ":".join(map(as_text, value))
    return str(value)


def with_changes(text: str, changes: Mapping[str, object]) -> str:
    """A protocol as typed, with more fields set behind its name.

    Args:
        changes: field to value, such as `{"training.epochs": 5}`.

    Raises:
        UsageError: as `split_name`.
    """
    name, before = split_name(text)
    return named(name, before | {field: as_text(value) for field, value in changes.items()})


def named(name: str, changes: Mapping[str, str]) -> str:
    """A name, or file, with what is set behind it."""
    settings = ",".join(f"{field}={changes[field]}" for field in sorted(changes))
    return f"{name}:{settings}" if settings else name


def training_slug(name: str) -> str:
    """A protocol's name as a folder of trainings: of what was set in it, only what weights depend on is left."""
    stem, changes = split_name(name)
    return parse_spec(named(stem, {field: text for field, text in changes.items() if _is_trained_by(field)})).slug


def _is_trained_by(field: str) -> bool:
    """Whether weights depend on a field, as `Protocol.training_hash` does."""
    return field in ("data.split", "data.train") or field.partition(".")[0] not in ("data", "scoring")


def value_at(protocol: BaseModel, field: str) -> object:
    """The value of a field such as `training.epochs`; None where its section is empty."""
    value: Any = protocol
    for key in field.split("."):
        value = value.get(key) if isinstance(value, Mapping) else getattr(value, key, None)
    return value


def put(fields: dict[str, Any], model: type[BaseModel], changes: Mapping[str, str], source: str) -> dict[str, Any]:
    """The fields of a model with changes put in, values still to be checked.

    Args:
        fields: nested dictionaries, which are changed.

    Raises:
        UsageError: a field that does not exist, or a whole section; the message begins with `source`.
    """
    for field, text in changes.items():
        *sections, last = field.split(".")
        section, kinds = _found(model, field, source)
        inner = fields
        for key in sections:
            inner[key] = inner.get(key) or {}
            inner = inner[key]
        empty = text.lower() == "none"
        if empty and _is_a(dict, section):  # such as losses, of which one is left out
            inner.pop(last, None)
        else:
            inner[last] = None if empty else text.split(":") if _is_a(tuple, kinds) else text
    return fields


def _found(model: type[BaseModel], field: str, source: str) -> tuple[Kinds, Kinds]:
    """What the section of a field is, and what the field may hold."""
    section: Kinds = ()
    kinds: Kinds = (model,)
    path = field.split(".")
    for depth, key in enumerate(path):
        section, known = kinds, _known(kinds)
        if key not in known:
            within = ".".join(path[:depth]) or "a protocol"
            has = f"{within} has {', '.join(known)}" if known else f"{within} is no section"
            raise UsageError(f"{source}: no field {field!r}; {near_miss(key, known)}{has}")
        kinds = known[key]
    inside = _known(kinds)
    if inside and type(None) not in kinds:
        raise UsageError(f"{source}: {field} is a section; set what is in it: {', '.join(inside)}")
    return section, kinds


def _known(kinds: Kinds) -> dict[str, Kinds]:
    """As `known_fields`, of those that may be set."""
    return {name: inner for name, inner in known_fields(kinds).items() if name not in APART}


def _is_a(container: type, kinds: Kinds) -> bool:
    return any(get_origin(kind) is container for kind in kinds)
