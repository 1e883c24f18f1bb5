"""Damaged images, masks, score maps and videos: refused by name, or read; never a traceback, nor all the memory."""

import io
import resource
import struct

import cv2
import numpy as np
import pytest
import tifffile
from damage import few_or_many, survives
from PIL import Image

from istdbench.datasets.images import count_pages, read_image, read_pages
from istdbench.datasets.masks import examine_mask
from istdbench.detection.video import count_frames, read_video
from istdbench.errors import DataError
from istdbench.scoring.reading import BY_TYPE, check_levels

GRAY = np.random.default_rng(0).integers(0, 255, (12, 14), np.uint8)
DEEP = GRAY.astype(np.uint16) * 200
COLOUR = np.dstack([GRAY, GRAY, GRAY // 2])


def picture(levels, kind, **how):
    file = io.BytesIO()
    Image.fromarray(levels).save(file, kind, **how)
    return file.getvalue()


def tiff(levels, **how):
    file = io.BytesIO()
    tifffile.imwrite(file, levels, **how)
    return file.getvalue()


def npy(levels):
    file = io.BytesIO()
    np.save(file, levels)
    return file.getvalue()


WHOLE = {
    ".png": [
        *(picture(levels, "PNG") for levels in (GRAY, DEEP, COLOUR, GRAY > 100)),
        cv2.imencode(".png", np.dstack([DEEP] * 3))[1].tobytes(),
        picture(GRAY, "PPM"),  # what a file is, its first bytes say, and not its ending
        picture(GRAY, "GIF"),
    ],
    ".bmp": [picture(GRAY, "BMP"), picture(COLOUR, "BMP")],
    ".jpg": [picture(GRAY, "JPEG")],
    ".tif": [
        *(tiff(levels) for levels in (GRAY, DEEP, GRAY.astype(np.float32), np.stack([GRAY] * 6))),
        tiff(np.dstack([DEEP] * 3), photometric="rgb"),
        tiff(DEEP, compression="zlib"),
        picture(GRAY, "TIFF", compression="tiff_lzw"),
    ],
    ".npy": [npy(levels) for levels in (GRAY, GRAY / 255, GRAY > 3, DEEP, np.stack([GRAY] * 3))],
}
READERS = {
    "pages": lambda path: list(read_pages(path)),
    "count": count_pages,
    "image": read_image,
    "mask": examine_mask,
    "score map": lambda path: check_levels([path], BY_TYPE),
}


@few_or_many
@pytest.mark.filterwarnings("ignore")  # of decoders, on what they find odd
@pytest.mark.parametrize("ending", WHOLE)
@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_picture_is_read_or_refused(reader, ending, how, tmp_path):
    survives(READERS[reader], tmp_path / f"damaged{ending}", WHOLE[ending], how)


@few_or_many
@pytest.mark.parametrize("read", [count_frames, lambda path: list(read_video(path))], ids=["count", "frames"])
def test_a_damaged_video_is_read_or_refused(read, how, tmp_path):
    path = tmp_path / "damaged.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 5, (32, 32), False)
    for level in (0, 50, 100):
        video.write(np.full((32, 32), level, np.uint8))
    video.release()
    survives(read, path, [path.read_bytes()], how)


def claiming_npy(*shape):
    return npy(np.zeros((1, 1))).replace(b"(1, 1), }" + b" " * 40, f"{shape}, }}".encode().ljust(49))


def claiming_tiff(side, **how):
    content = bytearray(tiff(np.zeros((8, 8)), **how))
    with tifffile.TiffFile(io.BytesIO(bytes(content))) as file:
        for code in (256, 257, 278):  # width, length, rows a strip: as whole numbers of 32 bits
            struct.pack_into("<HII", content, file.pages[0].tags[code].offset + 2, 4, 1, side)
    return bytes(content)


def claiming_png(side):
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", 0)
        for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", side, side, 16, 2, 0, 0, 0)), (b"IDAT", b""))
    )


CLAIMS = {
    ".npy": claiming_npy(10**6, 10**6),
    ".tif": claiming_tiff(10**6),
    ".tiff": claiming_tiff(40_000, compression="zlib"),
    ".png": claiming_png(10**6),
}


@pytest.mark.parametrize("ending", CLAIMS)
@pytest.mark.parametrize("reader", ["pages", "image", "mask", "score map"])
def test_a_header_that_claims_more_than_the_file_holds_takes_no_memory(reader, ending, tmp_path):
    path = tmp_path / f"huge{ending}"
    path.write_bytes(CLAIMS[ending])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match="huge"):
        READERS[reader](path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '|b1', 'fortran_order': False, 'shape': (10000000000000000000000, 8), }",
        b"{'descr': '|b1', 'fortran_order': False, 'shape': (12, 14",
        b"{'descr': '|b1', 'fortran_order': False, 'shape': (120000000000048,), }",
    ],
)
def test_an_array_with_a_header_that_numpy_cannot_take_is_named(header, tmp_path):
    path = tmp_path / "map.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n" + bytes(168))
    with pytest.raises(DataError, match=r"map\.npy: cannot be read"):
        check_levels([path], BY_TYPE)


def test_a_page_that_would_fill_the_memory_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "page.tif"
    path.write_bytes(claiming_tiff(40_000, compression="zlib"))
    with pytest.raises(DataError, match=r"page\.tif: a page of shape \(40000, 40000\)"):
        read_image(path)
