"""Sequences in folders: their order, their windows, and what has none."""

import warnings

import numpy as np
import pytest
from camera_files import write_tiff
from PIL import Image

from istdbench.datasets.doctor import check
from istdbench.datasets.windows import Windows, jumps, windows
from istdbench.errors import DataError, UsageError
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec


@pytest.fixture
def footage(tmp_path):
    """Ten images of sequence a, whose level is their number, three pages of b.tif and one image beside them."""
    for kind in ("images", "masks"):
        (tmp_path / kind / "a").mkdir(parents=True)
        for number in range(1, 11):
            levels = np.full((6, 8), number if kind == "images" else 0, np.uint8)
            Image.fromarray(levels).save(tmp_path / kind / f"a/{number}.png")
        Image.fromarray(np.zeros((6, 8), np.uint8)).save(tmp_path / kind / "c.png")
        write_tiff(tmp_path / kind / "b.tif", np.zeros((3, 6, 8), np.uint16))
    return tmp_path


def folder(path, frames, **options):
    return build_dataset(parse_spec(f"folder:{path},frames={frames}"))


def test_numbers_in_names_count_as_numbers_and_a_window_stays_in_its_sequence():
    found = windows(["a/10", "a/9", "b/1", "a/11", "b/2"], 3)
    assert found == {"a/11": ("a/9", "a/10", "a/11")}
    assert windows(["x", "y"], 1) == {"x": ("x",), "y": ("y",)}


def test_a_folder_gives_the_frames_before_an_image_in_the_order_of_their_numbers(footage):
    found = folder(footage, 3).sequence("a/10")
    assert found.shape == (3, 6, 8)
    assert [frame.max() for frame in found] == [8, 9, 10]


def test_images_without_a_window_are_in_no_list_and_that_is_said_once(footage):
    data = folder(footage, 3)
    with pytest.warns(UserWarning, match="5 of 14 images of official/test have no 2 images before them") as said:
        names = data.names("official", "test")
    assert names == (*(f"a/{number}" for number in (10, *range(3, 10))), "b/0002")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert data.names("official", "test") == names
    assert len(said) == 1


def test_the_doctor_finds_windows_of_several_sizes(footage):
    for kind in ("images", "masks"):
        Image.fromarray(np.zeros((5, 8), np.uint8)).save(footage / kind / "a/9.png")
    uneven = "images whose window of 2 frames has several sizes: 2 (a/9, a/10)"
    assert any(fault.startswith(uneven) for fault in check(folder(footage, 2)).faults)
    assert not any("several sizes" in fault for fault in check(folder(footage, 1)).faults)


def test_where_names_do_not_count_on_is_told(footage):
    """A window over lost frames, or over another recording in the same folder, shows a movement that never was."""
    for kind in ("images", "masks"):
        (footage / kind / "a/4.png").unlink()
    with pytest.warns(UserWarning, match=r"in a place where their names do not count on \(a/3, then a/5\)"):
        folder(footage, 2).names("official", "test")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["s/1", "s/2", "s/10"], [("s/2", "s/10")]),
        (["s/0005", "s/0010", "s/0015", "s/0020"], []),
        (["s/5", "s/10", "s/11", "s/15"], []),
        (["s/cat_1", "s/cat_2", "s/dog_1", "s/dog_2"], [("s/cat_2", "s/dog_1")]),
        (["s/1", "s/2", "t/9"], []),
        (["s/x", "s/y", "s/z"], []),
        (["s/1_left", "s/2_left"], []),
    ],
)
def test_names_count_on_where_their_steps_are_even(names, found):
    assert jumps(names) == found


def test_a_list_of_which_nothing_is_left_is_refused(footage):
    with pytest.raises(DataError, match="no image of official/test has 10 images before it in its folder"):
        folder(footage, 11).names("official", "test")


def test_other_frames_are_another_data_set(footage):
    one, three, plain = folder(footage, 1), folder(footage, 3), build_dataset(parse_spec(f"folder:{footage}"))
    assert one.fingerprint == plain.fingerprint != three.fingerprint


def test_frames_of_several_sizes_are_refused_by_name(footage):
    Image.fromarray(np.zeros((5, 8), np.uint8)).save(footage / "images/a/9.png")
    with pytest.raises(DataError, match="a/9 is 5 x 8 and a/10, of the same sequence, 6 x 8"):
        folder(footage, 2).sequence("a/10")


@pytest.mark.parametrize("frames", ["0", "257", "many"])
def test_no_number_of_frames_is_refused(footage, frames):
    with pytest.raises(UsageError, match="frames"):
        folder(footage, frames)


def test_a_frame_that_windows_share_is_read_once():
    read = []

    def level(name):
        read.append(name)
        return np.zeros((2, 2), np.float32)

    names = [str(number) for number in range(8)]
    shown = Windows(names, 5, level)
    for name in names[4:]:
        shown(name)
    assert read == names
