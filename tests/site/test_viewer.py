"""The viewer of images: what it shows is what the records count, and whose images it shows without being asked to."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from chromium import chromium, needs_chromium
from html_records import METHODS, Made
from parsed_page import Element, Page
from PIL import Image
from scenes import SCENES, write_scenes

from istdbench.datasets.irstd1k import irstd1k
from istdbench.datasets.nuaa import nuaa
from istdbench.errors import DataError
from istdbench.registry import METRICS, build_dataset
from istdbench.runs import map_sources
from istdbench.site import charts
from istdbench.site.building import build
from istdbench.site.source import Source
from istdbench.site.viewer import viewer
from istdbench.spec import parse_spec


@dataclass
class Viewed(Made):
    """Records of the scenes, their score maps, and a private site of them."""

    @property
    def path(self) -> Path:
        [path] = (self.folder / "site" / "images").glob("folder-*.html")
        return path

    @property
    def board(self) -> dict:
        [script] = self.page.all("script", id="board")
        return json.loads(script.text)

    def pixels(self, name: str) -> np.ndarray:
        return cv2.imread(str(self.path.with_suffix("") / name), cv2.IMREAD_UNCHANGED)

    def drawn(self, number: int) -> dict:
        """What the script of an image brings."""
        call = self.path.with_suffix("").joinpath(f"{number}.js").read_text()
        return json.loads(call.removeprefix(f"take({number}, ").removesuffix(");\n"))


@pytest.fixture(scope="module")
def viewed(tmp_path_factory, istdbench) -> Viewed:
    folder = tmp_path_factory.mktemp("viewer")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(charts, "_library", lambda: b"")
        scenes = write_scenes(folder / "scenes")
        istdbench(f"run --methods {','.join(METHODS)} --dataset folder:{scenes} --probes none --maps maps")
        istdbench("site --maps maps --private")
    return Viewed(folder)


def test_each_image_has_the_counts_of_the_records(viewed):
    board = viewed.board
    assert sorted(board["methods"]) == sorted(METHODS)
    assert {image["name"] for image in board["images"]} == set(SCENES)
    for place, method in enumerate(board["methods"]):
        recorded = viewed.images(method)
        for image in board["images"]:
            row = recorded[image["name"]]
            union = row["true_positive"] + row["false_positive"] + row["false_negative"]
            iou = row["true_positive"] / union if union else 1.0
            assert (image["targets"], image["hits"][place], image["false"][place]) == (
                row["targets"],
                row["detected"],
                row["false_regions"],
            )
            assert image["iou"][place] == pytest.approx(iou, abs=5e-5)
    assert "counts of each image are those of the record" in viewed.page.text and "but for" not in viewed.page.text


def test_pictures_are_the_image_its_mask_and_the_score_maps(viewed):
    names = [image["name"] for image in viewed.board["images"]]
    for number, name in enumerate(names):
        image = np.asarray(Image.open(viewed.folder / "scenes" / "images" / f"{name}.png"), dtype=float)
        wanted = (image - image.min()) * 255 / (image.max() - image.min())
        assert np.abs(viewed.pixels(f"{number}.webp")[..., 0] - wanted).max() <= 0.5
        mask = np.asarray(Image.open(viewed.folder / "scenes" / "masks" / f"{name}.png"))
        assert (viewed.pixels(f"{number}-mask.webp")[..., 0] == mask).all()
    place = viewed.board["methods"].index("tophat")
    [folder] = viewed.folder.glob("maps/*/tophat-*")
    score = np.load(folder / "clean.npy")
    seen = viewed.pixels(f"{names.index('clean')}-{place}.webp").astype(int).sum(axis=-1)
    low, high = seen[score == score.min()], seen[score == score.max()]
    assert low.max() < high.min() and len(np.unique(seen[score == score.max()])) == 1


def test_a_miss_is_outlined_where_the_mask_is_and_a_false_alarm_where_the_map_is(viewed):
    board = viewed.board
    number = [image["name"] for image in board["images"]].index("decoy")
    drawn = viewed.drawn(number)
    tophat = drawn["methods"][board["methods"].index("tophat")]
    assert tophat["missed"] == [True] and tophat["hit"] == "" and tophat["miss"] == drawn["truth"] != ""
    assert [[kind, round(x), round(y)] for kind, x, y in tophat["rings"]] == [["miss", 22, 12], ["false", 52, 32]]
    [zoom] = drawn["targets"]
    left, top, side, _ = map(float, zoom.split())
    assert left <= 20 and left + side >= 23 and top <= 10 and top + side >= 13


def test_images_that_nothing_lets_others_publish_are_on_private_sites_alone(viewed, istdbench, monkeypatch):
    monkeypatch.chdir(viewed.folder)
    monkeypatch.setattr(charts, "_library", lambda: b"")
    istdbench("site --maps maps --out public")
    public = viewed.folder / "public"
    assert [path.name for path in (public / "images").iterdir()] == ["index.html"]
    assert not list(public.rglob("*.webp")) and "not shown here" in (public / "images" / "index.html").read_text()
    assert "keep this site to yourself" in viewed.page.text.replace("\n", " ")


def test_only_sets_whose_terms_say_so_are_publishable():
    synth, both = (build_dataset(parse_spec(name)) for name in ("synth", "synth+irstd1k"))
    assert synth.publishable and irstd1k().publishable and both.publishable
    assert not nuaa().publishable and not build_dataset(parse_spec("irstd1k+nuaa")).publishable


def test_predictions_of_anyone_are_seen_beside_the_others(viewed, istdbench, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(charts, "_library", lambda: b"")
    shutil.copytree(viewed.folder / "leaderboards", "leaderboards")
    shutil.copytree(viewed.folder / "scenes" / "masks", "all/perfect")
    shutil.copytree(next(viewed.folder.glob("maps/*/tophat-*")), "all/tophat")
    scenes = viewed.folder / "scenes"
    istdbench(f"score all/perfect --dataset folder:{scenes} --name perfect --protocol native --out leaderboards")
    istdbench("site --maps all --private")
    [page] = Path("site/images").glob("folder-*.html")
    [script] = Page(page.read_text()).root.all("script", id="board")
    board = json.loads(script.text)
    assert board["methods"] == ["perfect", "tophat"]
    assert all(image["iou"][0] == 1 and image["false"][0] == 0 for image in board["images"])


def test_maps_that_came_out_otherwise_are_told(viewed, monkeypatch, tmp_path):
    of_record = map_sources.of_record

    def inverted(record, **more):
        source = of_record(record, **more)

        def predict(sample):
            maps = source.predict(sample)
            return maps._replace(score=1 - maps.score)

        return replace(source, predict=predict) if record.method.name == "tophat" else source

    monkeypatch.setattr(map_sources, "of_record", inverted)
    monkeypatch.setattr(charts, "_library", lambda: b"")
    source = Source(viewed.folder / "leaderboards", METRICS.all())
    build(source, [viewer(viewed.folder / "maps", private=True)], tmp_path / "site")
    [page] = (tmp_path / "site" / "images").glob("folder-*.html")
    assert "but for 4 images of tophat" in Page(page.read_text()).root.text


def test_a_row_whose_maps_are_not_all_there_is_told_to_have_none(viewed, monkeypatch, tmp_path):
    monkeypatch.setattr(charts, "_library", lambda: b"")
    shutil.copytree(viewed.folder / "maps", tmp_path / "maps")
    [about] = (tmp_path / "maps").glob("*/mpcm-*/maps.json")
    about.write_text(json.dumps(json.loads(about.read_text()) | {"maps": None}))
    source = Source(viewed.folder / "leaderboards", METRICS.all())
    build(source, [viewer(tmp_path / "maps", private=True)], tmp_path / "site")
    [page] = (tmp_path / "site" / "images").glob("folder-*.html")
    assert "1 other row of the leaderboard has no score maps at hand" in Page(page.read_text()).root.text


def test_maps_of_no_record_and_maps_that_were_changed_are_named(viewed, istdbench, monkeypatch, tmp_path):
    monkeypatch.chdir(viewed.folder)
    assert "holds score maps of no record" in istdbench(f"site --maps {tmp_path} --out other", code=2).stderr
    assert "--private goes with --maps" in istdbench("site --private --out other", code=2).stderr
    shutil.copytree(viewed.folder / "maps", tmp_path / "maps")
    np.save(next((tmp_path / "maps").rglob("clean.npy")), np.zeros((40, 64), np.float32))
    with pytest.raises(DataError, match="are not as the run wrote them"):
        build(Source(Path("leaderboards"), METRICS.all()), [viewer(tmp_path / "maps", private=True)], tmp_path / "site")


READER = """
<script>
  const press = (key) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const later = (step) => new Promise((done) => setTimeout(() => done(step()), 300));
  later(() => (location.hash = "#image=decoy&by=tophat"))
    .then(() => later(() => press("1")))
    .then(() => later(() => press("m")));
</script>
</body>"""
"""What a reader does: opens a link to an image, looks closer at its target, and asks for outlines on the image."""


@needs_chromium
def test_a_reader_follows_a_link_to_an_image_and_looks_closer(viewed, tmp_path):
    page = viewed.path.with_name("as_read.html")
    page.write_text(viewed.path.read_text().replace("</body>", READER))
    try:
        found = Page(chromium(tmp_path, "--dump-dom", page.as_uri())).root
    finally:
        page.unlink()
    [name] = found.all("h2", id="name")
    figures = found.all("figure")
    assert name.text == "decoy" and [figure.all("b")[0].text for figure in figures] == [
        "Image",
        "Mask",
        *viewed.board["methods"],
    ]
    tophat = figures[2 + viewed.board["methods"].index("tophat")]
    assert "IoU 0.00: 0 hits, 1 miss, 1 false alarm" in tophat.text
    number = [image["name"] for image in viewed.board["images"]].index("decoy")
    [svg], [picture] = tophat.all("svg"), tophat.all("image")
    assert svg.attributes["viewbox"] == viewed.drawn(number)["targets"][0]
    assert picture.attributes["href"].endswith(f"/{number}.webp")
    assert kinds(svg) == {"truth", "miss", "false", "under", "cross"}
    rows = found.all("a", **{"aria-current": "true"})
    assert [row.attributes["title"] for row in rows if "title" in row.attributes] == [
        "decoy: IoU 0.00, 1 miss, 1 false alarm"
    ]


def kinds(svg: Element) -> set[str]:
    """What is drawn over a picture."""
    return {each.attributes["class"].removeprefix("mark ") for each in svg.walk() if "class" in each.attributes}
