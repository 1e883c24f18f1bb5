"""What MkDocs calls while it builds the pages: fills in what is made from code, and follows links out of `docs/`.

In a page, `<!-- made: NAME -->` on a line of its own stands for what MADE gives, and `<!-- file: NAME -->` for a file
of the repository, which is not copied. A page links to any file of the repository by its path, as on GitHub; a link to
a file that has a page here leads to the page.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any

import commands
import nbformat
import results_table
import tables
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File
from picture import COMMITTED, shown
from tutorials import run, tutorials

ROOT = Path(__file__).parents[2]
REPOSITORY = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
MADE = {
    "caption": lambda: shown().caption,
    "commands": commands.reference,
    "metrics": tables.metrics,
    "methods": tables.methods,
    "data_sets": tables.data_sets,
    "protocols": tables.protocols,
    "badges": tables.badges,
    "released": tables.released,
    "results": results_table.results,
}
"""What a page may ask for, by name."""
RUN = {"tutorials": True}
"""What is run anew for these pages."""
PAGES = {
    "ARCHITECTURE.md": "inside/architecture.md",
    "CONTRIBUTING.md": "inside/contributing.md",
    "CHANGELOG.md": "inside/changelog.md",
}
"""Files of the repository that are pages."""
WIDE = ("index.md", "inside/architecture.md")
"""Pages whose table or drawing needs the room at the side."""
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def on_startup(*, command: str, dirty: bool) -> None:
    """Tutorials are run for pages that are kept: not while somebody writes, nor for `mkdocs build --dirty`."""
    RUN["tutorials"] = command != "serve" and not dirty


def on_config(config: Any) -> Any:
    """The logo leads to the site that the pages are built into, if there is one."""
    if (Path(config.site_dir).parent / "index.html").is_file():
        config.extra["homepage"] = "../index.html"
    return config


@event_priority(100)  # before mkdocs-jupyter takes the notebooks over
def on_files(files: Any, config: Any) -> Any:
    """A picture of real images for the committed one, where there are such, and notebooks with their outputs."""
    place = COMMITTED.relative_to(config.docs_dir).as_posix()
    _replace(files, File.generated(config, place, content=shown().jpeg))
    folder = Path(mkdtemp(prefix="istdbench-tutorials-"))
    for path in tutorials() if RUN["tutorials"] else []:
        place = path.relative_to(config.docs_dir)
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(nbformat.writes(run(path)), encoding="utf-8")
        _replace(files, File(place.as_posix(), str(folder), config.site_dir, config.use_directory_urls))
    return files


def _replace(files: Any, file: File) -> None:
    files.remove(files.get_file_from_path(file.src_uri))
    files.append(file)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fills in what is made, then turns links that lead out of `docs/`."""
    source = page.file.src_uri
    if not source.endswith(".md"):
        return markdown
    if source in WIDE:
        page.meta["hide"] = ["toc"]
    text = re.sub(r"^<!-- made: (\w+) -->$", lambda found: _made(found[1]), markdown, flags=re.MULTILINE)
    text = re.sub(
        r"^<!-- file: (\S+) -->$",
        lambda found: _turned(_file(found[1]), PurePosixPath(found[1]).parent, source),
        text,
        flags=re.MULTILINE,
    )
    return _turned(text, PurePosixPath("docs", source).parent, source)


def _made(name: str) -> str:
    if name not in MADE:
        raise PluginError(f"nothing is made by the name of {name}; there are {', '.join(MADE)}")
    return MADE[name]()


def _file(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _turned(text: str, folder: PurePosixPath, page: str) -> str:
    """Links of a text that stands in `folder` of the repository, as they lead from a page."""
    return LINK.sub(lambda found: _link(found, folder, page), text)


def _link(found: re.Match[str], folder: PurePosixPath, page: str) -> str:
    image, label, target, anchor = found.groups()
    path = os.path.normpath(folder / target)
    if path in PAGES:
        path = f"docs/{PAGES[path]}"
    if path.startswith("docs/") or (not folder.parts and path.startswith("..")):
        return f"{image}[{label}]({os.path.relpath(path, PurePosixPath('docs', page).parent)}{anchor or ''})"
    if not (ROOT / path).exists():
        raise PluginError(f"{page}: the link to {target} leads to {path}, which is not there")
    return f"[{label}]({REPOSITORY}/blob/main/{path}{anchor or ''})"
