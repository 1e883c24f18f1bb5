"""The old way to describe a method, which still works for packages written before `Learned` and `Classical`."""

from __future__ import annotations

import warnings
from typing import Any

from istdbench.methods.method import Classical, Learned, Option

__all__ = ["Method", "Option"]

_CLASSES: dict[str, type[Learned] | type[Classical]] = {"learned": Learned, "classical": Classical}


class Method:
    """A method of a kind, "learned" or "classical", with a warning that says what to write now."""

    def __new__(cls, *, kind: str, **fields: Any) -> Learned | Classical:  # type: ignore[misc]
        """
        Args:
            fields: those of the class; the other kind's may be there, as None.

        Raises:
            TypeError: another kind, or a field that is missing or unknown.
        """
        if kind not in _CLASSES:
            raise TypeError(f"method {fields.get('name')!r}: kind={kind!r} is neither 'learned' nor 'classical'")
        wanted = _CLASSES[kind]
        warnings.warn(
            f"method {fields.get('name')!r}: Method(kind={kind!r}, ...) is written {wanted.__name__}(...) now, without "
            f"`kind`; import it by `from istdbench import {wanted.__name__}`",
            FutureWarning,
            stacklevel=2,
        )
        return wanted(**{name: value for name, value in fields.items() if value is not None})
