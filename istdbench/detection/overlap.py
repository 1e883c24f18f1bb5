"""Reading, network and writing at the same time: work is done in threads ahead of the caller, and behind it.

Decoding and encoding images leave Python's lock to others, as networks do, so that threads suffice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

WRITERS = 2


def ahead(items: Iterable[Item], count: int) -> Iterator[Item]:
    """The items, in their order, of which a thread makes up to `count` before they are asked for.

    What making one raises is raised here, in its turn.
    """
    source = iter(items)
    end = object()
    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(next, source, end) for _ in range(count))
        try:
            while (item := waiting.popleft().result()) is not end:
                waiting.append(thread.submit(next, source, end))
                yield item  # type: ignore[misc]
        finally:
            thread.shutdown(cancel_futures=True)


def behind(items: Iterable[Item], work: Callable[[Item], Made], count: int) -> Iterator[Made]:
    """What `work` makes of the items, in their order, in threads that are at most `count` items behind.

    What it raises is raised here, in its turn.
    """
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(WRITERS) as threads:
        for item in items:
            waiting.append(threads.submit(work, item))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
