"""Published data sets: what they say before they are fetched, and what they load after."""

import os

import numpy as np
import pytest
from pictures import dot, picture, save

from istdbench.datasets.doctor import check
from istdbench.datasets.irstd1k import IRSTD1K
from istdbench.datasets.nuaa import NUAA
from istdbench.datasets.nudt import NUDT
from istdbench.datasets.pinned import fetch
from istdbench.datasets.sirst2 import SIRST2
from istdbench.errors import DataError, UsageError
from istdbench.spec import parse_spec


@pytest.mark.parametrize("use", [lambda data: data.splits(), lambda data: data.load("Misc_1")])
def test_a_data_set_not_fetched_says_the_command_and_the_mirror_setting(monkeypatch, tmp_path, use):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path))
    with pytest.raises(DataError) as raised:
        use(NUAA.build(parse_spec("nuaa")))
    assert str(raised.value) == (
        "nuaa: not here yet; run `istdbench data fetch nuaa` "
        "(set ISTDBENCH_MIRROR to a folder or URL that holds a copy)"
    )


@pytest.mark.parametrize("entry", [NUAA, IRSTD1K, NUDT, SIRST2])
def test_published_data_sets_default_to_the_512_protocol_and_take_no_options(entry):
    assert entry.build(parse_spec(entry.name)).default_protocol == "cpu512"
    for text in (f"{entry.name}:size=256", f"{entry.name}:/some/path"):
        with pytest.raises(UsageError, match=f"data set '{entry.name}': no option"):
            entry.build(parse_spec(text))


def test_lists_are_read_with_either_line_end_and_without_blank_lines(toy):
    fetch(toy)
    assert toy.splits() == {"official": {"train": ("a0", "a1", "a2", "a3"), "test": ("a4", "a5")}}


def test_an_image_and_its_mask_are_loaded_at_their_own_size(toy):
    fetch(toy)
    sample = toy.load("a3")
    assert (sample.name, sample.image.dtype, sample.mask.dtype) == ("a3", np.float32, bool)
    np.testing.assert_array_equal(sample.image, picture(3))
    np.testing.assert_array_equal(sample.mask, dot(9, 6) > 0)


def test_a_list_that_is_missing_is_named(toy):
    fetch(toy)
    (toy.folder / toy.list_paths["official"]["test"]).unlink()
    with pytest.raises(DataError, match=r"^toy: test\.txt is missing; run `istdbench data fetch toy`$"):
        toy.splits()


def test_an_incomplete_data_set_is_refused_before_a_run_begins(toy):
    fetch(toy)
    toy.paths("a1")[0].unlink()
    toy.paths("a2")[1].unlink()
    with pytest.raises(DataError, match=r"2 of 4 names in official/train have no image or mask \(a1, a2\); run `ist"):
        toy.splits()


def test_a_mask_of_another_size_names_both_sizes_and_the_doctor(toy, tmp_path, write_manifest):
    save(tmp_path / "mirror/github/owner/repo/0123abc/masks/a3_gt.png", dot(1, 1, (10, 11)))
    write_manifest()
    fetch(toy)
    with pytest.raises(DataError) as raised:
        toy.load("a3")
    assert str(raised.value) == 'toy: mask of a3 is 10 x 11, its image 20 x 30; run "istdbench data check toy"'


def truncate(path):
    path.write_bytes(path.read_bytes()[:60])


def empty_mask(path):
    save(path, np.zeros((20, 30)))


def same_size_and_time(path):
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("which", [0, 1], ids=["image", "mask"])
@pytest.mark.parametrize("alter", [truncate, empty_mask, same_size_and_time])
def test_a_file_that_is_not_the_published_one_is_named_with_the_command_that_puts_it_back(toy, which, alter):
    fetch(toy)
    before = toy.load("a3")
    altered = toy.paths("a3")[which]
    alter(altered)
    with pytest.raises(DataError) as raised:
        toy.load("a3")
    assert str(raised.value) == (
        f"{altered}: it is not the file that was published (its SHA-256 is another); run `istdbench data fetch toy`, "
        "which puts that in its place, and keep data of your own elsewhere, as folder:PATH"
    )
    fetch(toy)
    np.testing.assert_array_equal(toy.load("a3").mask, before.mask)
    np.testing.assert_array_equal(toy.load("a3").image, before.image)


@pytest.mark.parametrize("text", ["a4\n", "", "a4\na5\na0\n"], ids=["shortened", "emptied", "lengthened"])
def test_a_list_that_is_not_the_published_one_is_refused(toy, text):
    fetch(toy)
    altered = toy.folder / toy.list_paths["official"]["test"]
    altered.write_text(text)
    for use in (toy.splits, toy.all_names, lambda: toy.names("official", "train"), lambda: check(toy)):
        with pytest.raises(DataError, match=rf"^{altered}: it is not the file that was published"):
            use()


def test_an_image_that_is_none_of_the_data_set_is_not_read(toy):
    fetch(toy)
    image, mask = toy.paths("a3")
    for path in (image, mask):
        path.with_name(path.name.replace("a3", "b3")).write_bytes(path.read_bytes())
    for name in ("b3", "../images/a3"):
        with pytest.raises(DataError, match="it is no file of toy"):
            toy.load(name)


def test_an_image_that_vanished_is_named(toy):
    fetch(toy)
    toy.paths("a0")[0].unlink()
    with pytest.raises(DataError, match=r"a0\.png: cannot be read \(No such file.*run `istdbench data fetch toy`"):
        toy.load("a0")


def test_a_split_or_part_that_does_not_exist_lists_those_that_do(toy):
    fetch(toy)
    with pytest.raises(UsageError, match="no split '5050'; it has official"):
        toy.names("5050", "test")
    with pytest.raises(UsageError, match="no part 'val'; it has train, test"):
        toy.names("official", "val")


def test_the_fingerprint_follows_the_manifest_and_needs_no_data(toy, tmp_path, write_manifest):
    before = toy.fingerprint
    assert not toy.folder.exists()
    save(tmp_path / "mirror/github/owner/repo/0123abc/masks/a3_gt.png", dot(1, 1))
    write_manifest()
    assert toy.fingerprint != before
