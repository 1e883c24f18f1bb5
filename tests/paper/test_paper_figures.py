"""Figures 1, 5 and 6 of the MiM-ISTD paper: what is drawn on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.metrics.breakdown import examine
from istdbench.paper import fig1, fig5, fig6
from istdbench.paper.stages import StageMap
from istdbench.probes.sizes import SizePoint
from istdbench.spec import parse_specs


def spots(*places: tuple[int, int], shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for row, column in places:
        mask[row : row + 3, column : column + 3] = True
    return mask


@pytest.fixture(scope="module")
def figure():
    """One image: method "good" hits both targets, method "bad" hits one, misses one and has a false alarm."""
    truth = spots((10, 10), (40, 60))
    sample = Sample("scene", truth * 90.0 + 20, truth)
    found = {
        name: [examine(sample.image, predicted * 1.0, truth)]
        for name, predicted in (("good", truth), ("bad", spots((10, 10), (25, 30))))
    }
    return fig5.draw([sample], found, {"good": pd.Series({"scene": 1.0}), "bad": pd.Series({"scene": 1 / 3})})


def lines(axes, colour: str) -> set[tuple[float, float, float, float]]:
    """The drawn outlines of a colour, as x, y of both ends."""
    from matplotlib.colors import to_rgba

    drawn = [each for each in axes.collections if isinstance(each, LineCollection)]
    return {
        tuple(np.ravel(segment))
        for each in drawn
        if tuple(each.get_colors()[0]) == to_rgba(colour)
        for segment in each.get_segments()
    }


def test_fig5_has_a_column_for_the_image_its_mask_and_each_method(figure):
    titles = [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")]
    assert titles == ["image", "ground truth", "good", "bad"]
    assert figure.axes[0].get_ylabel() == "scene"
    assert [axes.get_xlabel() for axes in figure.axes[2:4]] == [
        "IoU 1.00, 2 of 2 hit, 0 false",
        "IoU 0.33, 1 of 2 hit, 1 false",
    ]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["hit", "miss", "false alarm", "outline of the mask"]


def test_fig5_outlines_hits_misses_and_false_alarms_where_they_are(figure):
    bad = figure.axes[3]
    for kind, (row, column) in (("hit", (10, 10)), ("miss", (40, 60)), ("false", (25, 30))):
        x, y = column, row
        square = {(x, y, x + 3, y), (x, y + 3, x + 3, y + 3), (x, y, x, y + 3), (x + 3, y, x + 3, y + 3)}
        assert lines(bad, fig5.LOOKS[kind]["color"]) == square
    good = figure.axes[2]
    assert len(lines(good, fig5.LOOKS["hit"]["color"])) == 8 and not lines(good, fig5.LOOKS["miss"]["color"])


def test_fig5_enlarges_the_target_that_a_method_misses_in_every_panel(figure):
    for axes in figure.axes[:4]:
        [inset] = axes.child_axes
        (left, right), (bottom, top) = inset.get_xlim(), inset.get_ylim()
        assert left < 60 and right > 63 and top < 40 and bottom > 43
        assert inset.get_images() and right - left == bottom - top


def test_fig5_takes_images_with_targets_on_which_methods_differ_most():
    def table(*iou: float) -> pd.DataFrame:
        found = np.array(iou) * 10
        columns = {"true_positive": found, "false_positive": 0 * found, "false_negative": 10 - found}
        return pd.DataFrame({"name": list("abcd"), "targets": [1, 1, 1, 0], **columns})

    tables = [table(0.5, 0.9, 0.2, 1.0), table(0.5, 0.1, 0.2, 0.0)]
    assert fig5.most_different(tables) == ["b", "c", "a"]
    assert fig5.most_different(tables, count=1) == ["b"]


def test_fig5_is_drawn_from_records(istdbench, made, tmp_path):
    line = f"reproduce fig5 --methods tophat,mpcm --dataset folder:{made.folder / 'scenes'}"
    line += f" --records {made.folder / 'leaderboards' / 'records'} --out {tmp_path}"
    assert "could not be seen" in istdbench(f"{line} --images decoy,pair").stdout
    text = (tmp_path / "fig5.svg").read_text()
    assert (tmp_path / "fig5.png").is_file()
    for word in ("decoy", "pair", "tophat", "mpcm", "ground truth"):
        assert f">{word}<" in text
    istdbench(f"{line} --methods tophat:size=5")  # the default typed out
    assert "no image elsewhere" in istdbench(f"{line} --images elsewhere", code=2).stderr
    assert "no record of baseline" in istdbench(f"{line} --methods baseline", code=2).stderr
    assert "no records of synth" in istdbench(f"{line} --dataset synth", code=2).stderr
    assert "by protocol mim2024" in istdbench(f"{line} --protocol mim2024", code=2).stderr


def seen(stages: int) -> fig6.Seen:
    random = np.random.default_rng(0)
    maps = []
    for stage in range(stages):
        shape = (16 >> stage, 24 >> stage)
        target = np.zeros(shape, bool)
        target[shape[0] // 2, shape[1] // 2] = True
        maps.append(StageMap(random.normal(size=(*shape, 3)), target, 4 << stage))
    cloud = fig6.Cloud(random.normal(size=(20, 2)), np.arange(20) >= 10)
    return fig6.Seen(maps, [cloud] * stages)


def test_fig6_has_a_map_and_a_cloud_for_each_stage_of_each_method():
    sample = Sample("scene", np.zeros((64, 96)), spots((32, 48), shape=(64, 96)))
    found = {"one": seen(3), "two": seen(3)}
    figure = fig6.draw(sample, found)
    grid = np.array(figure.axes).reshape(4, 4)
    for place, method in enumerate(found):
        above, below = grid[2 * place], grid[2 * place + 1]
        assert above[0].get_ylabel() == method and above[0].get_title(loc="left") == "scene"
        for axes, stage in zip(above[1:], found[method].maps, strict=True):
            np.testing.assert_allclose(axes.get_images()[0].get_array(), np.abs(stage.features).mean(axis=2))
        titles = [axes.get_title(loc="left") for axes in above[1:]]
        assert titles == ["stage 1, stride 4", "stage 2, stride 8", "stage 3, stride 16"]
        for axes in below[1:]:
            assert axes.get_xlabel() == "t-SNE 1, 10 + 10 cells"
            assert [len(each.get_offsets()) for each in axes.collections] == [10, 10]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["background cell", "cell with a target"]


def test_fig6_of_networks_with_different_numbers_of_stages_is_refused():
    sample = Sample("first", np.zeros((60, 80), np.float32), spots((10, 10)))
    with pytest.raises(UsageError, match=r"\(mim 4, acm 3\) share no figure"):
        fig6.draw(sample, {"mim": seen(4), "acm": seen(3)})


def test_fig1_draws_every_method_and_tells_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def sweep(method, options, sizes, device):
        for size in sizes:
            failed = size > 128
            latency = {"median_ms": float(size), "device": "Model T", "threads": 2}
            yield SizePoint(method.name, size, latency, None if failed else {"growth_mib": 1.0}, ("no",) * failed)

    monkeypatch.setattr(fig1, "measure_sizes", sweep)
    monkeypatch.setitem(__import__("matplotlib").rcParams, "svg.fonttype", "none")  # text stays text
    paths, points = fig1.fig1(parse_specs("tophat,baseline"), tmp_path, (64, 256))
    assert [path.name for path in paths] == ["fig1.png", "fig1.svg"] and paths[0].stat().st_size > 0
    text = paths[1].read_text()
    for word in ("tophat", "baseline", "64", "256", "latency, median, ms", "peak memory growth, MiB"):
        assert f">{word}<" in text
    assert [point.errors for point in points] == [(), ("no",)] * 2
    with pytest.raises(UsageError, match="unknown method"):
        fig1.fig1(parse_specs("mim_itsd"), tmp_path)
