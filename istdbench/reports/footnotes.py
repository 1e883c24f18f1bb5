"""Footnotes of tables: each distinct text has one number, in the order of first use."""

from __future__ import annotations

from istdbench.reports.visible import visible


class Footnotes:
    """Numbers each distinct text once, in the order of first use."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def number(self, text: str) -> int:
        """The number of a text, from 1."""
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1

    def mark(self, text: str) -> str:
        """The mark to stand in a cell of Markdown or plain text."""
        return f"[^{self.number(text)}]"

    def lines(self) -> list[str]:
        """The notes themselves in plain text."""
        return [f"[^{number}]: {visible(text)}" for number, text in enumerate(self.texts, start=1)]
