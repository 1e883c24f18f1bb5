"""How a broken promise is told: the error, its sentences, and the exceptions of an author's code as such sentences."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from istdbench.errors import IstdbenchError
from istdbench.lazy import torch

LISTED = 5
"""How many names a sentence gives before it says how many more there are."""


class ConformanceError(IstdbenchError):
    """A method that breaks its contract; the message says what was wrong, where, and what to do."""


@contextmanager
def doing(what: str, fix: str) -> Iterator[None]:
    """Whatever the author's code raises becomes a sentence with the place it was raised at.

    Raises:
        ConformanceError: in place of any other exception.
    """
    try:
        yield
    except ConformanceError:
        raise
    except Exception as error:  # a stranger's code may raise anything
        kind, text = type(error).__name__, " ".join(str(error).split())
        raise ConformanceError(f"{what} raised {kind}: {text or 'no message'} ({_place(error)}); {fix}") from error


def _place(error: Exception) -> str:
    """File and line where it was raised, or where torch was called that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not Path(frame.filename).is_relative_to(Path(torch.__file__).parent)]
    return f"{own[-1].filename}:{own[-1].lineno}"


def signature_text(function: Callable[..., Any]) -> str:
    """ "build(width, **options)"."""
    none = inspect.Parameter.empty
    bare = (part.replace(default=none, annotation=none) for part in inspect.signature(function).parameters.values())
    return f"{getattr(function, '__name__', function)}({', '.join(map(str, bare))})"


def listed(names: Iterable[str]) -> str:
    """The first names, and how many more."""
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return ", ".join(every[:LISTED]) + more
