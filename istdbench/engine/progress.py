"""How the engine tells that it moves on, without knowing who watches."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Track(Protocol):
    """Passes the items through, and may draw a bar meanwhile."""

    def __call__(self, items: Iterable[Item], title: str) -> Iterable[Item]: ...


def silent(items: Iterable[Item], title: str) -> Iterable[Item]:
    """No bar."""
    return items


def length(items: Iterable[Item]) -> int | None:
    """The number of items, where it is known."""
    return len(items) if isinstance(items, Sized) else None
