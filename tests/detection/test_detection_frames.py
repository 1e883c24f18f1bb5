"""Frames come in their own units and order, and what is damaged costs nothing but itself."""

import warnings

import numpy as np
import pytest
from camera_files import moving_spot, write_image, write_tiff, write_video

from istdbench.datasets.levels import FULL, parse_range
from istdbench.detection.footage import find_clips
from istdbench.detection.frames import Noticed, read_frames, windows


def read(folder, levels=FULL, **how):
    noticed = Noticed()
    frames = list(read_frames(find_clips([folder], folder / "out"), levels, noticed, **how))
    return frames, noticed


@pytest.mark.parametrize("name", ["a.tif", "a.npy", "a.mkv", "frames"])
def test_sixteen_bits_come_through_every_door_as_they_are(tmp_path, name):
    frames = moving_spot(4)
    if name == "a.npy":
        np.save(tmp_path / name, frames)
    elif name == "frames":
        for index, frame in enumerate(frames):
            write_image(tmp_path / name / f"{index}.png", frame)
    else:
        (write_tiff if name == "a.tif" else lambda *to: write_video(*to, codec="FFV1"))(tmp_path / name, frames)
    found, noticed = read(tmp_path, parse_range("7000:7800"))
    expected = ((frames.astype(float) - 7000) / 800 * 255).clip(0, 255)
    assert (len(found), noticed.faults) == (4, [])
    for frame, gray in zip(found, expected, strict=True):
        np.testing.assert_allclose(frame.image, gray, atol=1e-4)
    assert noticed.dull == {}


def test_a_range_of_the_sequence_keeps_levels_apart_that_one_of_each_image_makes_equal(tmp_path):
    frames = np.stack([np.linspace(0, top, 30).reshape(5, 6) for top in (1000, 4000)]).astype(np.uint16)
    write_tiff(tmp_path / "a.tif", frames)
    each, _ = read(tmp_path, parse_range("minmax"))
    shared, _ = read(tmp_path, parse_range("minmax"), together=True)
    assert [frame.image.max() for frame in each] == [255, 255]
    assert [frame.image.max() for frame in shared] == [pytest.approx(255 / 4), 255]


@pytest.mark.parametrize("together", [False, True])
def test_what_is_damaged_is_named_and_the_rest_is_read(tmp_path, together):
    frames = moving_spot(3)
    write_tiff(tmp_path / "a.tif", frames)
    write_video(tmp_path / "b.avi", (frames // 64).astype(np.uint8))
    write_image(tmp_path / "c.png", frames[0])
    (tmp_path / "d.png").write_bytes((tmp_path / "c.png").read_bytes()[:60])
    (tmp_path / "e.avi").write_bytes(b"RIFF and no more")
    np.save(tmp_path / "f.npy", np.full((3, 8, 8), np.nan))
    found, noticed = read(tmp_path, FULL if not together else parse_range("minmax"), together=together)
    assert [(frame.file.name, frame.number) for frame in found] == [
        *(("a.tif", number) for number in range(3)),
        *(("b.avi", number) for number in range(3)),
        ("c.png", 0),
    ]
    assert len(noticed.faults) == 3 and ("and 2 frames more are as unfit" in noticed.faults[2]) == (not together)
    for name, fault in zip(("d.png", "e.avi", "f.npy"), noticed.faults, strict=True):
        assert name in fault


def test_a_video_that_ends_early_gives_what_it_has_and_is_named(tmp_path):
    write_video(tmp_path / "a.avi", (moving_spot(40) // 64).astype(np.uint8))
    whole = (tmp_path / "a.avi").read_bytes()
    (tmp_path / "a.avi").write_bytes(whole[: len(whole) // 2])
    found, noticed = read(tmp_path)
    assert 0 < len(found) < 40
    assert f"ends after {len(found)} frames of 40" in noticed.faults[0]


def test_a_stream_that_holds_no_number_of_frames_is_whole_where_it_ends(tmp_path):
    write_video(tmp_path / "a.ts", (moving_spot(9) // 64).astype(np.uint8), "mp4v", rate=7.5)
    found, noticed = read(tmp_path)
    assert len(found) == 9 and noticed.faults == []


@pytest.mark.parametrize("shape", [(0, 9, 9), (2, 0, 9), (0, 9)])
def test_a_file_without_an_image_is_a_fault(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.zeros(shape, np.uint8))
    found, noticed = read(tmp_path)
    [fault] = noticed.faults
    assert found == [] and "a.npy: uint8 of shape" in fault and "save numbers of one gray image" in fault


def test_a_window_ends_with_its_frame_and_never_reaches_over_a_gap(tmp_path):
    frames = moving_spot(7)
    for index, frame in enumerate(frames):
        write_image(tmp_path / "s" / f"{index}.png", frame)
    (tmp_path / "s" / "3.png").write_bytes(b"damaged")
    write_tiff(tmp_path / "t.tif", frames[:3])
    noticed = Noticed()
    clips = find_clips([tmp_path], tmp_path / "out")
    found = [(frame.stem, seen) for frame, seen in windows(read_frames(clips, FULL, noticed), 3, noticed)]
    assert [stem for stem, _ in found] == ["t.tif/000002", "s/2", "s/6"]
    np.testing.assert_allclose(found[-1][1], frames[4:7] / 257, atol=1e-4)
    assert noticed.alone == {tmp_path / "s": 4, tmp_path / "t.tif": 2}


def test_files_of_a_clip_whose_names_do_not_count_on_are_known(tmp_path):
    for name in ("s/1.png", "s/2.png", "s/7.png", "t/1.jpg"):
        write_image(tmp_path / name, np.zeros((5, 6), np.uint8))
    write_tiff(tmp_path / "s9.tif", np.zeros((2, 5, 6), np.uint8))
    clips = find_clips([tmp_path], tmp_path / "out")
    assert [clip.jumps for clip in clips if clip.jumps] == [[("s/2", "s/7")]]


def test_a_frame_of_another_size_starts_a_window_anew(tmp_path):
    write_image(tmp_path / "0.png", np.zeros((5, 6), np.uint8))
    for index in (1, 2):
        write_image(tmp_path / f"{index}.png", np.zeros((5, 7), np.uint8))
    noticed = Noticed()
    frames = read_frames(find_clips([tmp_path], tmp_path / "out"), FULL, noticed)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [frame.stem for frame, _ in windows(frames, 2, noticed)] == ["2"]
