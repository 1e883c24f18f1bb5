"""The look that all plots share, and how a figure becomes a file or a part of a page."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from istdbench.errors import UsageError
from istdbench.files import atomic_write
from istdbench.reports.visible import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, which colour-blind people can tell apart."""
MARKERS = "osD^vPX"
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))

_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "figure.dpi": 100,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the shared look."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def look(index: int) -> dict[str, Any]:
    """Colour, marker and dashes of the index-th method: never colour alone."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": DASHES[index % len(DASHES)],
    }


def label(text: str) -> str:
    """A text that a plot shows as it is: between dollar signs Matplotlib would set a formula."""
    return visible(text).replace("$", r"\$")


def bare(axes: Axes) -> None:
    """No ticks, which would have no unit; a frame all around."""
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color="#888888", linewidth=0.8)


def write(figure: Figure, path: Path) -> Path:
    """Write a PNG or SVG file, by its ending; the same figure gives the same bytes.

    Raises:
        UsageError: another ending.
        IstdbenchError: the file could not be written.
    """
    atomic_write(path, _drawn(figure, form_of(path), salt=path.stem))
    return path


def write_both(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write `<folder>/<name>.png` and `.svg`; returns their paths.

    Raises:
        IstdbenchError: a file could not be written.
    """
    return [write(figure, folder / f"{name}.{form}") for form in ("png", "svg")]


def form_of(path: Path) -> str:
    """What a plot's file is written as, "png" or "svg".

    Raises:
        UsageError: another ending.
    """
    form = path.suffix.lower().lstrip(".")
    if form not in ("png", "svg"):
        raise UsageError(f"{path}: a plot ends in .png or .svg")
    return form


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """The figure as an `<svg>` element: its text is text, its ids are its own, and it says what it shows.

    Args:
        name: unique on the page.
        description: read aloud by screen readers in the place of the plot.
    """
    text = _drawn(figure, "svg", salt=name).decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # groups are named alike in every figure, and never referred to
    label = html.escape(description, quote=True)
    view = text.partition('viewBox="')[2].partition('"')[0]
    return f'<svg viewBox="{view}" role="img" aria-label="{label}">{text[text.index(">") + 1 :]}'


def _drawn(figure: Figure, form: str, salt: str) -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": f"istdbench {salt}", "svg.fonttype": "none"}):
        figure.savefig(buffer, format=form, dpi=150, metadata={"Date": None} if form == "svg" else None)
    return buffer.getvalue()
