"""`istdbench predict` from files to detections: what is found, what is said, and how it ends."""

import csv
import json
import signal

import numpy as np
import pytest
from camera_files import moving_spot, write_image, write_tiff, write_video
from PIL import Image
from test_interrupts import start, wait_for

from istdbench.cli.predict import _rate


def table(folder):
    """Rows of `detections.csv`: file, frame, x and y."""
    with (folder / "detections.csv").open() as file:
        return [(row["file"], int(row["frame"]), float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]


@pytest.mark.parametrize(("value", "words"), [(130.04, "130.0"), (2.06, "2.1"), (0.0217, "0.022")])
def test_a_slow_rate_is_not_called_0(value, words):
    assert _rate(value) == words


def test_from_a_14_bit_sequence_and_a_video_to_detections_and_coco(istdbench, tmp_path):
    frames = moving_spot(3, shape=(120, 160))
    write_tiff(tmp_path / "in" / "seq.tif", frames)
    write_video(tmp_path / "in" / "clip.avi", ((frames - 6900.0) * 0.25).clip(0, 255).astype(np.uint8))
    done = istdbench("predict in --method mim_istd --weights nuaa --range minmax --out found --save coco,masks")
    assert "6 detections in 6 frames" in done.output and "frames a second" in done.output
    assert "warning" not in done.output
    expected = [(name, i, 10 + 3 * i, 20 + i) for name in ("clip.avi", "seq.tif") for i in range(3)]
    for found, (name, frame, x, y) in zip(table(tmp_path / "found"), expected, strict=True):
        assert found == (name, frame, pytest.approx(x, abs=0.7), pytest.approx(y, abs=0.7))
    coco = json.loads((tmp_path / "found" / "coco.json").read_text())
    assert len(coco["images"]) == len(coco["annotations"]) == 6
    about = json.loads((tmp_path / "found" / "about.json").read_text())
    assert (about["weights"]["dataset"], about["range"], about["frames"]) == ("nuaa", "minmax of each image", 6)
    assert np.asarray(Image.open(tmp_path / "found" / "masks" / "seq.tif" / "000002.png")).shape == (120, 160)


def test_one_damaged_file_does_not_lose_the_rest_and_is_named_at_the_end(istdbench, spots, tmp_path):
    (spots / "images" / "b.png").write_bytes(b"damaged")
    done = istdbench("predict spots/images --method tophat --out found --save masks", code=1)
    assert [name for name, *_ in table(tmp_path / "found")] == ["a.png", "c.png"]
    assert "b.png: cannot be read as an image" in done.output.splitlines()[-1]
    assert "b.png" in json.loads((tmp_path / "found" / "about.json").read_text())["faults"][0]


def test_where_nothing_can_be_read_nothing_is_written(istdbench, tmp_path):
    (tmp_path / "a.png").write_bytes(b"damaged")
    done = istdbench("predict a.png --method tophat --out found", code=1)
    assert "no frame could be looked at" in done.output
    assert "unfinished" in json.loads((tmp_path / "found" / "about.json").read_text())
    assert [path.name for path in (tmp_path / "found").iterdir()] == ["about.json"]


def test_what_no_earlier_run_made_is_never_replaced(istdbench, spots, tmp_path):
    masks = {path: path.read_bytes() for path in (spots / "masks").iterdir()}
    for line in ("spots/images --out spots --save masks,coco", "spots/images --out spots/images/.. --save masks"):
        said = istdbench(f"predict {line} --method tophat", code=1).output
        assert "masks is there, and no about.json beside it says that `predict` made it; choose another --out" in said
    assert {path: path.read_bytes() for path in (spots / "masks").iterdir()} == masks
    for _ in "first", "again":
        istdbench("predict spots/images --method tophat --out found --save masks,coco")
    (tmp_path / "found" / "about.json").write_text('{"unfinished": ""}')  # killed
    istdbench("predict spots/images --method tophat --out found --save masks,coco")


def test_where_nothing_can_be_written_is_said_before_the_work(istdbench, spots, tmp_path):
    (tmp_path / "file").write_text("")
    said = istdbench("predict spots/images --method tophat --out file/x", code=1).output
    assert said == "error: file/x: cannot be written (Not a directory); choose a folder\n"


def test_a_method_of_six_frames_looks_at_those_that_end_with_each(istdbench, tmp_path):
    frames = moving_spot(8, shape=(40, 48))
    for index, frame in enumerate(frames):
        write_image(tmp_path / "frames" / f"f{index + 5}.png", (frame / 32).astype(np.uint8))
    done = istdbench("predict frames --method mslstipt --out found --save masks")
    assert "5 frames have no 6 frames" in done.output
    assert sorted(path.stem for path in (tmp_path / "found" / "masks").iterdir()) == ["f10", "f11", "f12"]
    places = {name: (x, y) for name, _, x, y in table(tmp_path / "found")}
    assert places == {f"f{i + 5}.png": pytest.approx((10 + 3 * i, 20 + i), abs=1) for i in (5, 6, 7)}
    done = istdbench("predict frames/f5.png --method mslstipt --out alone", code=1)
    assert "no frame could be looked at" in done.output


def test_dark_levels_under_the_full_range_and_tiles_are_said(istdbench, tmp_path):
    write_image(tmp_path / "camera.png", moving_spot(1)[0])
    said = istdbench("predict camera.png --method tophat --out found").output
    assert "camera.png: levels 69" in said and "looks flat to a method; give --range minmax" in said
    said = istdbench("predict camera.png --method tophat --out found --range 0:255", code=1).output
    assert "are outside the range 0:255" in said
    assert "flat" not in istdbench("predict camera.png --method tophat --out found --range minmax").output
    write_image(tmp_path / "large.png", np.full((300, 600), 60, np.uint8))
    said = istdbench("predict large.png --method baseline --weights nuaa --out found").output
    assert "images of 300 x 600 are seen in 6 tiles of 253 x 253" in said
    said = istdbench("predict large.png --method baseline --weights nuaa --out found --tile none").output
    assert "tiles" not in said and "0 detections in 1 frames" in said


def test_a_second_run_replaces_the_table_of_the_first(istdbench, spots, tmp_path):
    for name, save in {"a": "--save coco", "c": ""}.items():
        istdbench(f"predict spots/images/{name}.png --method tophat --out found {save}")
        assert [file for file, *_ in table(tmp_path / "found")] == [f"{name}.png"]
        assert (tmp_path / "found" / "coco.json").exists() == bool(save)


def test_stopped_by_ctrl_c_it_keeps_what_it_found(tmp_path):
    np.save(tmp_path / "long.npy", np.tile(moving_spot(1, shape=(200, 200)) // 32, (500, 1, 1)).astype(np.uint8))
    line = f"predict {tmp_path / 'long.npy'} --method ipi --out {tmp_path / 'found'} --save masks"
    process = start(line, tmp_path / "home")
    wait_for(lambda: len(list((tmp_path / "found").rglob("*.png"))) >= 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 1
    assert "stopped by you after" in process.stderr.read()
    rows = table(tmp_path / "found")
    assert 2 <= len({frame for _, frame, _, _ in rows}) < 500
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("nosuch --method tophat", 1, "nosuch: no such file or folder"),
        ("found --method tophat", 1, "found is an input, and can be no folder of outputs"),
        ("spots --method tophta", 2, "did you mean 'tophat'?"),
        ("spots --method mim_istd", 2, "needs weights; the package has --weights irstd1k"),
        (
            "spots --method mim_istd --weights nosuch.safetensors",
            1,
            "no such file; what there is of",
        ),
        ("spots --method tophat --save masks,boxes", 2, "--save boxes: not one of masks"),
        ("spots --method tophat --range 14bit", 2, "range '14bit'"),
        ("spots --method tophat --tile big", 2, "--tile 'big': write auto, none or"),
        ("spots --method tophat --threshold 128", 2, "threshold 128: scores lie in [0, 1]"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(istdbench, spots, line, code, says):
    assert says in istdbench(f"predict {line} --out found", code=code).output
