"""How long work reports its progress, and learns that it should stop: by functions that its caller gives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")
Stop = Callable[[], bool]
"""Asked where work can be left and taken up again; True leaves it there."""
Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""


State = Callable[[], str]
"""Says how work stands, such as its loss, when somebody wants to show it."""


class Track(Protocol):
    """Passes the items through, and may show meanwhile how many are done, and the state where there is one."""

    def __call__(self, items: Iterable[Item], title: str, state: State | None = None) -> Iterable[Item]: ...


def silent(items: Iterable[Item], title: str, state: State | None = None) -> Iterable[Item]:
    """Shows nothing."""
    return items


@dataclass(frozen=True)
class Counted(Generic[Item]):
    """Items that are made one after the other, `count` of them."""

    items: Iterable[Item]
    count: int

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)


def length(items: Iterable[Item]) -> int | None:
    """The number of items, where it is known."""
    return len(items) if isinstance(items, Sized) else None


class Stopped(Exception):  # noqa: N818 - no error
    """A training was told to stop before its end; the same call goes on from there."""


def never() -> bool:
    """No stop."""
    return False


@dataclass(frozen=True)
class Deadline:
    """Stops when the wall clock, which machines share, is past `at`, seconds since 1970."""

    at: float

    def __call__(self) -> bool:
        return time.time() >= self.at
