"""Markdown as markdown-it-py renders it, by CommonMark's rules with GitHub's tables: an independent reader."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

OURS = ("table", "thead", "tbody", "tr", "th", "td", "heading", "paragraph", "bullet_list", "list_item")


@dataclass
class Rendered:
    """What a page shows.

    Attributes:
        cells: of each row of each table, head included.
        headings, paragraphs, notes: in their order; all texts are as a reader sees them.
        kinds: of everything that is more than text: tags, links, images, emphasis, code.
    """

    cells: list[list[str]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    paragraphs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)


def rendered(page: str) -> Rendered:
    """Read a page; raw HTML is taken as such, as on any site that allows it.

    The reader knows no footnotes: each becomes an item of a list, where blocks may stand as they may in a note.
    """
    page = re.sub(r"^\[\^\d+\]: ?", "- ", page, flags=re.MULTILINE)
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    found, before = Rendered(), Token("", "", 0)
    for token in reader.parse(page):
        if token.type == "tr_open":
            found.cells.append([])
        elif token.type == "inline":
            text = "".join(_text(child, found.kinds) for child in token.children or [])
            paragraphs = found.notes if before.level else found.paragraphs
            place = {"heading_open": found.headings, "paragraph_open": paragraphs}
            place.get(before.type, found.cells[-1] if found.cells else found.paragraphs).append(text)
        elif not token.type.startswith(OURS):
            found.kinds.add(token.type)
        before = token
    return found


def _text(token: Token, kinds: set[str]) -> str:
    if token.type not in ("text", "text_special"):
        kinds.add(token.type)
    return token.content
