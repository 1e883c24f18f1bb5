"""Reading while a method looks: items are made in a thread ahead of the caller.

Decoding images leaves Python's lock to others, as networks do, so that threads suffice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item], count: int) -> Iterator[Item]:
    """The items, in their order, of which a thread makes up to `count` before they are asked for.

    What making one raises is raised here, in its turn.

    >>> list(ahead(iter("abc"), 2))
    ['a', 'b', 'c']
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
