"""Files of each frame, and COCO JSON, hold what was detected; they are read back by other code than wrote them."""

import csv
import json

import cv2
import numpy as np
import pytest
from bright import bright_detector, spots
from camera_files import moving_spot, write_image, write_tiff
from PIL import Image

from istdbench.datasets.levels import parse_range
from istdbench.detection.encoders import Found, map_png
from istdbench.detection.footage import find_clips
from istdbench.detection.pipeline import detect_clips
from istdbench.detection.writers import KINDS, Writer
from istdbench.errors import UsageError


@pytest.fixture
def done(tmp_path):
    """A sequence of eight frames, and a folder with an image of two targets and one without."""
    write_tiff(tmp_path / "in" / "seq.tif", moving_spot())
    for name, places in {"two": [(3, 5), (20, 30)], "none": []}.items():
        levels = 7000 + 3 * spots((30, 40), *places).astype(np.uint16)
        write_image(tmp_path / "in" / "still" / f"{name}.png", levels)
    detector = bright_detector(batch=3)
    writer = Writer(tmp_path / "out", KINDS, threshold=0.5)
    clips = find_clips([tmp_path / "in"], tmp_path / "out")
    outcome = detect_clips(detector, clips, writer, levels=parse_range("7000:7800"))
    assert outcome.noticed.faults == []
    writer.finish(outcome.seen, {"method": "bright"})
    return tmp_path / "out"


def test_the_table_names_every_detection_by_file_frame_and_place(done):
    rows = list(csv.DictReader((done / "detections.csv").open()))
    seq = [row for row in rows if row["file"] == "seq.tif"]
    assert [(int(row["frame"]), float(row["x"]), float(row["y"])) for row in seq] == [
        (index, 10 + 3 * index, 20 + index) for index in range(8)
    ]
    assert {(row["area"], row["left"], row["top"], row["width"], row["height"]) for row in seq[:1]} == {
        ("9", "9", "19", "3", "3")
    }
    assert all(0.5 < float(row["score"]) <= 1 for row in rows)
    assert [row["file"] for row in rows if row not in seq] == ["still/two.png", "still/two.png"]


def test_masks_maps_and_overlays_keep_the_names_of_their_frames(done):
    frames = [*(f"seq.tif/{index:06d}" for index in range(8)), "still/none", "still/two"]
    for folder, ending in (("masks", ".png"), ("maps", ".png"), ("maps", ".npy"), ("overlays", ".png")):
        kept = sorted(path.relative_to(done / folder).as_posix() for path in (done / folder).rglob(f"*{ending}"))
        assert kept == [f"{frame}{ending}" for frame in frames]
    score = np.load(done / "maps" / "still" / "two.npy")
    mask = np.asarray(Image.open(done / "masks" / "still" / "two.png"))
    sixteen = np.asarray(Image.open(done / "maps" / "still" / "two.png"))
    np.testing.assert_array_equal(mask, np.where(score > 0.5, 255, 0))
    assert (mask == 255).sum() == 18 and score.dtype == np.float32
    np.testing.assert_allclose(sixteen / 65535, score, atol=0.5 / 65535 + 1e-9)
    drawn = cv2.imread(str(done / "overlays" / "still" / "two.png"))
    assert (drawn == (0, 0, 255)).all(axis=2).any() and drawn.shape == (30, 40, 3)


def test_sixteen_bits_keep_what_lies_above_one_half():
    half = np.float32(0.5)
    score = np.array([[0, np.nextafter(half, half * 0), half, np.nextafter(half, half * 2), 1]], np.float32)
    found = Found(score, score, score > 0.5, [])
    levels = cv2.imdecode(np.frombuffer(map_png(found), np.uint8), cv2.IMREAD_UNCHANGED)
    assert levels.dtype == np.uint16
    assert (levels / 65535 > 0.5).tolist() == (score > 0.5).tolist() and levels[0, [0, 4]].tolist() == [0, 65535]


def test_coco_has_every_image_and_its_run_lengths_make_the_masks(done):
    coco = json.loads((done / "coco.json").read_text())
    images = {image["id"]: image for image in coco["images"]}
    assert len(images) == 10 and len(coco["annotations"]) == 10
    assert [each["id"] for each in coco["annotations"]] == list(range(1, 11))
    assert {category["id"] for category in coco["categories"]} == {1} and coco["info"]["method"] == "bright"
    two = [each for each in coco["annotations"] if images[each["image_id"]]["file_name"] == "still/two.png"]
    mask = sum(decoded(each["segmentation"]) for each in two)
    np.testing.assert_array_equal(mask * 255, np.asarray(Image.open(done / "masks" / "still" / "two.png")))
    for each in coco["annotations"]:
        ys, xs = np.nonzero(decoded(each["segmentation"]))
        left, top, width, height = each["bbox"]
        assert (xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1) == (left, top, width, height)
        assert each["area"] == len(xs) and 0.5 < each["score"] <= 1 and each["iscrowd"] == 0
        image = images[each["image_id"]]
        assert each["segmentation"]["size"] == [image["height"], image["width"]]


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"--save pictures: not one of masks, maps, npy, overlays, coco"):
        Writer(tmp_path, ["masks", "pictures"], threshold=0.5)


def decoded(segmentation) -> np.ndarray:
    """A mask of COCO's uncompressed run lengths: outside first, column by column."""
    counts = segmentation["counts"]
    values = np.repeat(np.arange(len(counts)) % 2, counts)
    return values.reshape(segmentation["size"], order="F")


def test_files_of_an_earlier_run_that_stay_are_said(done):
    with pytest.warns(UserWarning, match="holds maps, masks, overlays of an earlier run"):
        Writer(done, threshold=0.5).prepare([])
