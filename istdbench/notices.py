"""Warnings that are worth one line, however many images they are true of."""

from __future__ import annotations

import warnings


class Notices:
    """Gives a warning of each kind once."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, kind: str, message: str) -> None:
        """Warn, unless one of this kind was given before."""
        if kind not in self._given:
            self._given.add(kind)
            warnings.warn(message, stacklevel=3)
