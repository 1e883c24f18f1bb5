"""Texts of others as one line that shows all it holds, before a writer escapes what its own format gives a meaning."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""The text with every letter that cannot be seen as its Python escape: line ends, control characters, and marks
    that turn the direction of writing. What can be seen is what `str.isprintable` says.

    >>> print(visible("two\nlines, \x1b[31mred\u202e"))
    two\nlines, \x1b[31mred\u202e
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape", "surrogatepass").decode("ascii")
