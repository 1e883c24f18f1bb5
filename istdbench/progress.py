"""How long work reports its progress, and learns that it should stop: by functions that its caller gives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Stop = Callable[[], bool]
"""Asked where work can be left and taken up again; True leaves it there."""
Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""


class Track(Protocol):
    """Passes the items through, and may draw a bar meanwhile."""

    def __call__(self, items: Iterable[Item], title: str) -> Iterable[Item]: ...


def silent(items: Iterable[Item], title: str) -> Iterable[Item]:
    """No bar."""
    return items


def length(items: Iterable[Item]) -> int | None:
    """The number of items, where it is known."""
    return len(items) if isinstance(items, Sized) else None


def never() -> bool:
    """No stop."""
    return False


@dataclass(frozen=True)
class Deadline:
    """Stops when the wall clock, which machines share, is past `at`, seconds since 1970."""

    at: float

    def __call__(self) -> bool:
        return time.time() >= self.at
