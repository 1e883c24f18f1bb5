"""Config files, which protocols and campaigns are: read by mmengine, checked by pydantic, wrong ones named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from istdbench.errors import UsageError
from istdbench.settings import give_libraries_a_cache

if TYPE_CHECKING:
    from mmengine.config import Config

Fields = TypeVar("Fields", bound=BaseModel)


def read_config(path: Path, source: str) -> Config:
    """The config in a Python file.

    Raises:
        UsageError: the file is no config; the message begins with `source`.
    """
    give_libraries_a_cache()
    from mmengine.config import Config

    try:
        return Config.fromfile(str(path), use_predefined_variables=False)
    except Exception as error:  # the file is a program, which may raise anything
        raise UsageError(f"{source}: {type(error).__name__}: {error}") from error


def validated(model: type[Fields], fields: Mapping[str, Any], source: str) -> Fields:
    """A model from its fields.

    Raises:
        UsageError: a field that is missing, does not exist or has a wrong value; the message begins with `source`.
    """
    try:
        return model(**fields)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise UsageError(f"{source}: {problems}") from error
