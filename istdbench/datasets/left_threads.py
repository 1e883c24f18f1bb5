"""Threads that can be left where they are: one that hangs holds up neither Ctrl-C nor the end of the process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")
GRACE = 1.0
"""Seconds that threads get to end by themselves once they are told to stop."""


@contextmanager
def working(
    work: Callable[[Item], object], items: Sequence[Item], threads: int, stop: Event
) -> Iterator[SimpleQueue[BaseException | None]]:
    """Let threads do the work inside the block.

    At its end, whether all is done or not, `stop` is set, and threads that go on for longer than `GRACE` are left.

    Args:
        work: called in a thread with each item; it should raise something soon after `stop` is set.

    Returns (of the context):
        A queue that gets, for each item that is done, None or the error that it raised.
    """
    todo: SimpleQueue[Item] = SimpleQueue()
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for item in items:
        todo.put(item)

    def loop() -> None:
        while not stop.is_set():
            try:
                item = todo.get_nowait()
            except Empty:
                return
            try:
                work(item)
            except BaseException as error:  # whatever it is, whoever waits shall get it
                done.put(error)
            else:
                done.put(None)

    crew = [Thread(target=loop, daemon=True) for _ in range(min(threads, len(items)))]
    try:
        for thread in crew:  # Ctrl-C may come here too, and finds some of them at work
            thread.start()
        yield done
    finally:
        stop.set()
        until = time.monotonic() + GRACE
        for thread in crew:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
