"""Markdown of ours, such as a legend or a model card, as HTML."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


def prose(text: str) -> Markup:
    r"""The text as HTML, its tables in boxes that scroll; HTML in it is shown, not obeyed.

    >>> print(prose("## A\n\n*b* <i>"), end="")
    <h2>A</h2>
    <p><em>b</em> &lt;i&gt;</p>
    """
    html = _reader().render(text)
    boxed = html.replace("<table>", '<div class="scroll" tabindex="0"><table class="plain">')
    return Markup(boxed.replace("</table>", "</table></div>"))  # the reader has escaped what is text


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table")
