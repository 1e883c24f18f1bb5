"""How progress is shown: a bar where a person watches, a line a minute where nobody does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from istdbench.progress import Progress, State, length

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

Item = TypeVar("Item")

PAUSE = 60.0
"""Seconds between two lines."""


def drawn(items: Iterable[Item], title: str, state: State | None) -> Iterator[Item]:
    """A bar on standard error with the time left, and the state on a line below; it vanishes when done."""
    with _bars(state) as shown:
        yield from shown.track(items, length(items), description=title)


@contextmanager
def counted(title: str) -> Iterator[Progress]:
    """A bar as `drawn`, of work that tells how much of it is done."""
    with _bars(None) as shown:
        task = shown.add_task(title, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def told(
    items: Iterable[Item],
    title: str,
    state: State | None,
    say: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Item]:
    """A line a minute; of work that has a state also one at its first item and one at its last.

    Args:
        say: prints a line.
        clock: tells seconds.
    """
    total = length(items)
    began = last = clock()
    for done, item in enumerate(items, start=1):
        yield item
        now = clock()
        if now - last >= PAUSE or (state is not None and done in (1, total)):
            last = now
            how_far = [f"{done} of {total}" if total else f"{done} done"] if state is None else [state()]
            left = [] if total is None else [f"{timedelta(seconds=round((now - began) / done * (total - done)))} left"]
            say(f"{title}: {', '.join(how_far + left)}")


def _bars(state: State | None) -> Bars:
    """Bars whose titles are shown as they are: `folder:x:` is no emoji."""
    from rich.console import Console, RenderableType
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class WithState(Bars):
        def get_renderables(self) -> Iterable[RenderableType]:
            yield from super().get_renderables()
            if state is not None:
                yield Text(state())

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return WithState(*columns, console=Console(stderr=True), transient=True)
