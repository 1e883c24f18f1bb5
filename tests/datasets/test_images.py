"""Image and mask files of every mode that occurs, and broken ones."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import save
from PIL import Image

from istdbench.datasets.images import read_image, read_mask
from istdbench.errors import DataError

GRAY = np.random.default_rng(0).integers(0, 256, (7, 9), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (7, 9, 3), dtype=np.uint8)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P"])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_a_gray_image_reads_the_same_in_every_mode(tmp_path, mode, ending):
    Image.fromarray(GRAY).convert(mode).save(tmp_path / f"a.{ending}")
    image = read_image(tmp_path / f"a.{ending}")
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, GRAY)


def test_colour_becomes_itu_r_601_luma(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "a.png")
    luma = COLOUR @ np.array([0.299, 0.587, 0.114])
    assert np.abs(read_image(tmp_path / "a.png") - luma).max() <= 0.51


def test_alpha_is_dropped_not_blended(tmp_path):
    Image.fromarray(np.dstack([GRAY, GRAY, GRAY, np.zeros_like(GRAY)])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), GRAY)


def test_a_palette_is_looked_up(tmp_path):
    indexed = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), mode="P")
    indexed.putpalette([10, 10, 10, 200, 200, 200])
    indexed.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), [[10, 200]])


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bit_levels_are_divided_by_257(tmp_path, ending):
    Image.fromarray(np.array([[0, 257, 1000, 65535]], dtype=np.uint16)).save(tmp_path / f"a.{ending}")
    np.testing.assert_allclose(read_image(tmp_path / f"a.{ending}"), [[0, 1, 1000 / 257, 255]], rtol=1e-6)


def test_black_and_white_reads_as_0_and_255(tmp_path):
    Image.fromarray(GRAY > 127).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.where(GRAY > 127, 255, 0))


@pytest.mark.parametrize(
    "pixels, holds", [(np.full((2, 2), 0.5, np.float32), "mode F"), (np.full((2, 2), 70000, np.int32), "levels 70000")]
)
def test_levels_without_a_known_range_are_refused(tmp_path, pixels, holds):
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    with pytest.raises(DataError, match=rf"a\.tif: {holds}.*save it as 8- or 16-bit gray"):
        read_image(tmp_path / "a.tif")


def test_a_missing_file_and_a_file_that_is_no_image_are_named(tmp_path):
    (tmp_path / "text.png").write_text("not an image")
    for name in ("absent.png", "text.png"):
        with pytest.raises(DataError, match=rf"{name}: cannot be read as an image .*; fetch it"):
            read_image(tmp_path / name, fix="fetch it")


def test_an_image_of_absurd_size_is_refused(tmp_path, monkeypatch):
    save(tmp_path / "a.png", GRAY)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(DataError, match="decompression bomb"):
        read_image(tmp_path / "a.png")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_a_data_error_or_an_image_never_a_crash(tmp_path, monkeypatch, kind, data):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)  # a damaged size must not cost gigabytes here
    buffer = io.BytesIO()
    Image.fromarray(GRAY).save(buffer, format=kind)
    content = bytearray(buffer.getvalue())
    if data.draw(st.booleans(), label="truncated"):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "damaged"
    path.write_bytes(content)
    try:
        assert read_image(path).ndim == 2
    except DataError as error:
        assert str(path) in str(error)


def test_a_png_cut_anywhere_before_its_last_pixels_is_refused(tmp_path):
    save(tmp_path / "a.png", GRAY)
    content = (tmp_path / "a.png").read_bytes()
    for end in range(len(content) - 20):
        (tmp_path / "cut.png").write_bytes(content[:end])
        with pytest.raises(DataError, match=r"cut\.png"):
            read_image(tmp_path / "cut.png")


def test_a_mask_is_true_where_it_is_white(tmp_path):
    save(tmp_path / "m.png", [[0, 255], [255, 0]])
    mask = read_mask(tmp_path / "m.png")
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, [[False, True], [True, False]])


@pytest.mark.parametrize(
    "levels, shown", [([0, 1], "also holds 1;"), ([0, 127, 128, 255], "127, 128;"), (range(20), r"7, 8, \.\.\.;")]
)
def test_a_mask_with_other_levels_is_refused_and_they_are_listed(tmp_path, levels, shown):
    save(tmp_path / "m.png", [list(levels)])
    with pytest.raises(DataError, match=rf"m\.png: a mask is 0 and 255.*{shown}.*grey_masks=true"):
        read_mask(tmp_path / "m.png")


def test_a_declared_grey_mask_is_true_above_127(tmp_path):
    save(tmp_path / "m.png", [[0, 1, 127, 128, 255]])
    np.testing.assert_array_equal(read_mask(tmp_path / "m.png", grey=True), [[False, False, False, True, True]])
