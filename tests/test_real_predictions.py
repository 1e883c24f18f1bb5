"""The way of a user who brings predictions, start to end, on real images."""

import numpy as np
from PIL import Image
from prediction_files import write_predictions


def test_from_a_folder_of_predictions_to_a_page_and_a_plot_on_real_images(istdbench, real_data, tmp_path, monkeypatch):
    """Four images of NUAA-SIRST; masks moved down by a pixel, in 8 bits, are what a network left behind."""
    monkeypatch.chdir(tmp_path)
    nuaa = real_data("nuaa")
    samples = [nuaa.load(name) for name in nuaa.names("official", "test")[:4]]
    masks = {sample.name: sample.mask for sample in samples}
    write_predictions(tmp_path / "own" / "images", {s.name: s.image for s in samples}, made=np.uint8)
    write_predictions(tmp_path / "own" / "masks", masks)
    moved = {name: np.roll(mask, 1, axis=0) for name, mask in masks.items()}
    write_predictions(tmp_path / "maps", moved, suffix="_pred")

    shown = istdbench("score maps --dataset folder:own --name mynet --params 1.2M").stdout
    assert "mynet [1]" in shown and "1.20 M" in shown
    [table] = (tmp_path / "leaderboards").glob("*.md")
    assert "| mynet[^1]" in table.read_text()
    istdbench("report mynet --page page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count("<article") == 4 and "as recorded on 4 of 4 images" in page
    istdbench("curves mynet --plot curves.png")
    assert Image.open(tmp_path / "curves.png").size[0] > 500
