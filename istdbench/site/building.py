"""A whole site, from its sections to a folder of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path

from istdbench.errors import IstdbenchError, UsageError
from istdbench.files import fix_of, remove_leftovers_of, temporary_beside, within
from istdbench.progress import Track, silent
from istdbench.site.charts import library
from istdbench.site.frame import framed
from istdbench.site.section import Asset, Page, Section
from istdbench.site.source import Source

MARK = ".istdbench-site"
"""The file that says that a folder holds a site, and nothing that would be missed."""


@dataclass(frozen=True)
class Opened:
    """A section that has something to show: its front page, and all that it gives."""

    title: str
    front: Page
    parts: Iterable[Page | Asset]


def build(
    source: Source, sections: Sequence[Section], out: Path, track: Track = silent, *, documents: str = ""
) -> Path:
    """Write the site into a folder, whole or not at all; an older site there is replaced.

    Args:
        documents: where the navigation leads beside the sections, from the top of the site; "" leads nowhere else.

    Returns:
        Its first page.

    Raises:
        UsageError: the folder holds something else.
        IstdbenchError: a record's table is damaged, or the folder could not be written.
    """
    refuse_others(out)
    opened = [each for section in sections if (each := _open(section, source)) is not None]
    if not opened:
        raise UsageError(f"{source.folder}: no sound record, of which a page could be made; `istdbench run` makes some")
    made, old = temporary_beside(out), temporary_beside(out)
    try:
        _write(made, Asset(MARK, b""))
        _write(made, Asset(".nojekyll", b""))  # GitHub Pages would leave out files whose names begin with a line
        for asset in _shared():
            _write(made, asset)
        for section in track(opened, "write pages"):
            for part in section.parts:
                _write(made, framed(part, section.title, opened, documents) if isinstance(part, Page) else part)
        if out.is_dir():
            out.rename(old)
        made.rename(out)
    except OSError as error:
        if old.is_dir() and not out.exists():
            old.rename(out)
        raise IstdbenchError(f"{out}: not written ({error.strerror or error}); {fix_of(error)}") from error
    finally:
        remove_leftovers_of(out)
    return out / opened[0].front.path


def refuse_others(out: Path) -> None:
    """Refuse a folder whose files would be lost.

    Raises:
        UsageError: it holds files that are no site of ours.
    """
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise UsageError(f"--out {out}: holds files that are no site, and would be replaced; name another folder")


def _open(section: Section, source: Source) -> Opened | None:
    parts = iter(section.make(source))
    front = next(parts, None)
    if front is None:
        return None
    assert isinstance(front, Page), f"section {section.title}: its first part is the page that the navigation leads to"
    return Opened(section.title, front, chain([front], parts))


def _shared() -> list[Asset]:
    """The files that all pages use."""
    folder = files("istdbench.site") / "assets"
    return [library(), *(Asset(f"assets/{file.name}", file.read_bytes()) for file in folder.iterdir())]


def _write(folder: Path, part: Asset) -> None:
    path = within(folder, part.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(part.content)
