"""Which files are looked at, in which order, and what their outputs are called."""

import os
from pathlib import Path

import numpy as np
import pytest
from bright import spots
from camera_files import moving_spot, write_image, write_tiff, write_video

from istdbench.detection.footage import find_clips
from istdbench.detection.writers import Writer
from istdbench.errors import DataError

GRAY = spots((8, 9))


def names(*given, out="nowhere"):
    """The names of the files of each clip, in their order."""
    return [[file.name for file in clip.files] for clip in find_clips(given, Path(out))]


def test_a_folder_is_searched_to_its_depth_and_numbers_count_as_numbers(tmp_path):
    for name in ("f_10.png", "f_9.PNG", "deep/er/x.bmp", ".hidden.png", "._f_9.png", ".git/y.png"):
        write_image(tmp_path / name, GRAY)
    (tmp_path / "notes.txt").write_text("no image")
    assert names(tmp_path) == [["f_9.PNG", "f_10.png"], ["deep/er/x.bmp"]]


def test_a_name_that_is_no_utf8_is_refused_before_the_work(tmp_path):
    write_image(tmp_path / os.fsdecode(b"caf\xe9.png"), GRAY)
    with pytest.raises(DataError, match=r"caf\\udce9\.png': the name is no UTF-8"):
        names(tmp_path)


def test_a_stack_and_a_video_are_clips_of_their_own(tmp_path):
    frames = moving_spot(3)
    write_tiff(tmp_path / "b.tif", frames)
    write_tiff(tmp_path / "one.tif", frames[:1])
    np.save(tmp_path / "c.npy", frames)
    write_video(tmp_path / "d.avi", (frames // 64).astype(np.uint8))
    for name in ("a.png", "z.png"):
        write_image(tmp_path / name, GRAY)
    expected = {"": ["a.png", "one.tif", "z.png"], "b.tif": ["b.tif"], "c.npy": ["c.npy"], "d.avi": ["d.avi"]}
    expected = {tmp_path / name: files for name, files in expected.items()}
    clips = find_clips([tmp_path], tmp_path / "out")
    assert {clip.path: [file.name for file in clip.files] for clip in clips} == expected
    assert [clip.frames for clip in clips] == [3, 3, 3, 3]
    assert {file.stem(2) for clip in clips for file in clip.files} == {
        *("a", "one", "z"),
        *("b.tif/000002", "c.npy/000002", "d.avi/000002"),
    }


def test_names_are_told_from_the_folder_that_holds_all_inputs(tmp_path):
    for name in ("a/x.png", "b/x.png", "b/c/x.png"):
        write_image(tmp_path / name, GRAY)
    assert names(tmp_path / "a", tmp_path / "b") == [["a/x.png"], ["b/x.png"], ["b/c/x.png"]]
    assert names(tmp_path / "a" / "x.png", tmp_path / "b" / "x.png") == [["a/x.png"], ["b/x.png"]]
    assert names(tmp_path / "b" / "x.png") == [["x.png"]]


def test_linked_folders_are_searched_and_a_link_that_leads_back_ends(tmp_path):
    write_image(tmp_path / "far" / "x.png", GRAY)
    write_image(tmp_path / "in" / "a" / "y.png", GRAY)
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "far")
    (tmp_path / "in" / "a" / "back").symlink_to(tmp_path / "in")
    assert names(tmp_path / "in") == [["a/y.png"], ["linked/x.png"]]


def test_a_folder_that_cannot_be_searched_is_no_empty_one(tmp_path, monkeypatch):
    write_image(tmp_path / "x.png", GRAY)
    (tmp_path / "shut").mkdir()
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "shut":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may read everything
    with pytest.raises(PermissionError, match="shut"):
        names(tmp_path)


def test_what_is_given_twice_is_looked_at_once(tmp_path):
    write_image(tmp_path / "x.png", GRAY)
    assert names(tmp_path, tmp_path / "x.png", tmp_path / "." / "x.png") == [["x.png"]]


def test_outputs_of_an_earlier_run_are_no_inputs(tmp_path):
    write_image(tmp_path / "x.png", GRAY)
    write_image(tmp_path / "found" / "masks" / "x.png", GRAY)
    assert names(tmp_path, out=tmp_path / "found") == [["x.png"]]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("nosuch", "nosuch: no such file or folder"),
        ("empty", "nothing to look at; file endings are .png"),
        ("notes.txt", "notes.txt: no file of images that is known"),
    ],
)
def test_nothing_to_look_at_is_an_error(tmp_path, given, says):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(DataError, match=says):
        names(tmp_path / given)


def test_two_files_whose_outputs_would_be_one_are_refused_where_outputs_are_written(tmp_path):
    write_image(tmp_path / "x.png", GRAY)
    write_image(tmp_path / "x.bmp", GRAY)
    clips = find_clips([tmp_path], tmp_path / "out")
    Writer(tmp_path / "out", ["coco"], threshold=0.5).prepare(clips)
    with pytest.raises(DataError, match=r"x\.bmp and x\.png would both be written as x;"):
        Writer(tmp_path / "out", ["masks"], threshold=0.5).prepare(clips)
