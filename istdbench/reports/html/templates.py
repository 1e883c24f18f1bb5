"""How pages are filled: what is printed is escaped and shown in full, and a name that is not there is an error."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from istdbench.reports.visible import visible


def environment(package: str, folder: str) -> Environment:
    """The templates of a folder of a package."""
    return Environment(
        loader=PackageLoader(package, folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: Any) -> Any:
    """What a template prints: texts on one line that shows all they hold, before they are escaped."""
    return visible(value) if type(value) is str else value
