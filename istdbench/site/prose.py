"""Markdown of ours, such as a legend or a model card, as HTML."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

DEEPEST = 6
"""The lowest level of a heading in HTML."""


def prose(text: str, below: int = 0) -> Markup:
    """The text as HTML; HTML in it is shown, not obeyed.

    Args:
        below: the level of the heading that it stands under, so that its own headings are of lower levels.

    >>> print(prose("# A\\n\\n*b* <i>", below=1))
    <h2>A</h2>
    <p><em>b</em> &lt;i&gt;</p>
    <BLANKLINE>
    """
    tokens = _reader().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + below, DEEPEST)}"
        elif token.type in ("table_open", "table_close"):
            token.attrs = {"class": "plain"} if token.nesting > 0 else {}
    reader = _reader()
    html = reader.renderer.render(tokens, reader.options, {})
    boxed = html.replace('<table class="plain">', '<div class="scroll" tabindex="0"><table class="plain">')
    return Markup(boxed.replace("</table>", "</table></div>"))  # the reader has escaped what is text


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")
