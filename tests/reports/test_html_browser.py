"""The report in headless Chromium: it loads, and what is to be seen is seen."""

from __future__ import annotations

import numpy as np
from chromium import chromium, needs_chromium
from html_records import Made, table_after
from parsed_page import Page
from PIL import Image

pytestmark = needs_chromium


def close_to(picture: np.ndarray, colour: str) -> int:
    """Pixels of a colour, written #rrggbb, give or take what smoothing changes."""
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return int((np.abs(picture.astype(int) - wanted).max(axis=-1) < 16).sum())


def test_the_page_in_a_browser_has_the_same_text_as_the_file(made: Made, tmp_path):
    page = Page(chromium(tmp_path, "--dump-dom", made.path.as_uri())).root
    assert table_after(page, "95 % interval") == table_after(made.page, "95 % interval")
    assert len(page.all("article", kind="card")) == len(made.page.all("article", kind="card")) > 0


def test_the_picture_of_the_page_has_text_plots_images_and_marks(made: Made, tmp_path):
    chromium(
        tmp_path / "profile", f"--screenshot={tmp_path / 'page.png'}", "--window-size=1280,5000", made.path.as_uri()
    )
    picture = np.asarray(Image.open(tmp_path / "page.png").convert("RGB"))
    assert picture.shape == (5000, 1280, 3)
    for what, colour in {
        "text": "#1c2733",
        "the first method in plots": "#0072b2",
        "the second": "#d55e00",
        "a hit": "#56b4e9",
        "a miss": "#f0e442",
        "a false alarm": "#ff7a2e",
    }.items():
        assert close_to(picture, colour) > 30, f"{what} is not to be seen"
    background = (picture == 255).all(axis=-1)
    dark = (picture.max(axis=-1) < 50) & (np.ptp(picture, axis=-1) == 0)  # no ink of the page is
    assert 0.4 < background.mean() < 0.95 and dark.mean() > 0.01, "no dark images on a white page"
    assert background[:, 1270:].all(), "wider than the page"
