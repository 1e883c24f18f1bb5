"""What all pages have in common: the frame, and the templates that their bodies are made by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from markupsafe import Markup

from istdbench.reports import cells
from istdbench.reports.html.templates import environment
from istdbench.site.section import Asset, Page, top_of

if TYPE_CHECKING:
    from istdbench.site.building import Opened


def page(path: str, title: str, template: str, scripts: Sequence[str] = (), **values: Any) -> Page:
    """A page whose body a template makes.

    Args:
        path, title, scripts: as of `Page`.
        template: its name; it is told `top`, which leads to the top of the site, and `values`.
    """
    body = _templates().get_template(template).render(top=top_of(path), **values)
    return Page(path, title, Markup(body), scripts)  # the template has escaped what it was given


def framed(page: Page, section: str, sections: Sequence[Opened], documents: str) -> Asset:
    """The page as a file: its frame, with the navigation, around its body."""
    frame = _templates().get_template("frame.html")
    text = frame.render(
        page=page, section=section, sections=sections, documents=documents, version=version("istdbench")
    )
    return Asset(page.path, text.encode())


@cache
def _templates() -> Environment:
    found = environment("istdbench.site", "templates")
    found.globals["cells"] = cells
    return found
