"""Image and mask files of every mode that occurs, and broken ones."""

import io

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pictures import save
from PIL import Image

from istdbench.datasets.images import count_pages, read_image, read_pages, read_pixels
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
    "pixels, holds",
    [(np.full((2, 2), 0.5, np.float32), "float32 levels"), (np.full((2, 2), 70000, np.int32), "levels 70000")],
)
def test_levels_without_a_known_range_are_refused(tmp_path, pixels, holds):
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    with pytest.raises(DataError, match=rf"a\.tif: {holds}.*say which to take: range=minmax"):
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


FRAMES = np.random.default_rng(2).integers(7000, 7800, (4, 7, 9), dtype=np.uint16)


def pages_as_tiff(path, pages, **options):
    first, *rest = map(Image.fromarray, pages)
    first.save(path, save_all=True, append_images=rest, **options)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32])
def test_every_page_of_a_tiff_is_read_in_its_own_units(tmp_path, kind):
    frames = (FRAMES // 31).astype(kind)
    pages_as_tiff(tmp_path / "a.TIF", frames)
    assert count_pages(tmp_path / "a.TIF") == 4
    for page, frame in zip(read_pages(tmp_path / "a.TIF"), frames, strict=True):
        assert page.dtype == kind
        np.testing.assert_array_equal(page, frame)
    np.testing.assert_array_equal(read_pixels(tmp_path / "a.TIF", 2), frames[2])
    with pytest.raises(DataError, match=r"a\.TIF: page 5 is missing, it has 4"):
        read_pixels(tmp_path / "a.TIF", 4)


def test_a_page_that_is_a_smaller_copy_of_another_is_passed_over(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(FRAMES[0])
        file.write(FRAMES[0, ::2, ::2], subfiletype=1)
    (page,) = read_pages(tmp_path / "a.tif")
    np.testing.assert_array_equal(page, FRAMES[0])


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bit_colour_becomes_luma_of_sixteen_bits(tmp_path, ending):
    blue_first = np.stack([FRAMES[0], FRAMES[1], FRAMES[2]], axis=2)
    if ending == "png":
        assert cv2.imwrite(str(tmp_path / "a.png"), blue_first)
    else:
        tifffile.imwrite(tmp_path / "a.tif", blue_first[..., ::-1], photometric="rgb")
    (page,) = read_pages(tmp_path / f"a.{ending}")
    assert page.dtype == np.uint16
    assert np.abs(page - blue_first @ [0.114, 0.587, 0.299]).max() <= 0.5


@pytest.mark.parametrize("frames", [FRAMES[0], FRAMES, FRAMES.astype(np.float32), FRAMES > 7400])
def test_npy_holds_one_image_or_frames(tmp_path, frames):
    np.save(tmp_path / "a.npy", frames)
    read = np.stack(list(read_pages(tmp_path / "a.npy")))
    np.testing.assert_array_equal(read, (frames * 255 if frames.dtype == bool else frames).reshape(-1, 7, 9))
    assert count_pages(tmp_path / "a.npy") == len(read)


@pytest.mark.parametrize(
    "array, says", [(COLOUR, r"uint8 of shape \(7, 9, 3\)"), (np.array([["a"]]), "save numbers of one gray image")]
)
def test_npy_of_another_shape_or_of_text_is_refused(tmp_path, array, says):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(DataError, match=rf"a\.npy: .*{says}"):
        list(read_pages(tmp_path / "a.npy"))


def test_npy_that_would_run_code_or_is_cut_short_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    (tmp_path / "b.npy").write_bytes(b"\x93NUMPY")
    for name in ("a.npy", "b.npy", "absent.npy"):
        with pytest.raises(DataError, match=rf"{name}: cannot be read as an image .*; fetch it"):
            list(read_pages(tmp_path / name, fix="fetch it"))


@pytest.mark.parametrize("ending", ["png", "bmp", "jpg"])
def test_other_files_have_one_page(tmp_path, ending):
    Image.fromarray(GRAY).save(tmp_path / f"a.{ending}")
    assert count_pages(tmp_path / f"a.{ending}") == 1
    (page,) = read_pages(tmp_path / f"a.{ending}")
    assert (page.dtype, page.shape) == (np.uint8, GRAY.shape)


def test_a_file_of_several_pages_is_never_taken_by_its_first_alone(tmp_path):
    pages_as_tiff(tmp_path / "a.tif", FRAMES)
    with pytest.raises(DataError, match=r"a\.tif: 4 pages where one image is needed"):
        read_image(tmp_path / "a.tif")


def test_an_array_that_would_fill_the_memory_is_refused(tmp_path):
    file = tmp_path / "sparse.npy"
    np.lib.format.open_memmap(file, "w+", np.float32, (30_000, 30_000))  # of a file system's holes
    with pytest.raises(DataError, match=r"sparse\.npy: an image of shape \(30000, 30000\), more than .* numbers"):
        read_pixels(file)
