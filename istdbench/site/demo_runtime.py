"""onnxruntime-web, which runs networks in browsers: fetched once from the npm registry, and held to its SHA-512."""

from __future__ import annotations

import logging
import tarfile

import pooch
from requests.exceptions import RequestException

from istdbench.errors import DataError
from istdbench.files import fix_of
from istdbench.settings import home

VERSION = "1.30.0"
FILE = f"onnxruntime-web-{VERSION}.tgz"
URL = f"https://registry.npmjs.org/onnxruntime-web/-/{FILE}"
SHA512 = (
    "ab4cbe26baedba45d2cec05610c71c55fa97db92d19a8b171c5f8269126683ca"
    "590a5cdc57bb2f35ce2b298de32f4d956fb42644c0ecd528a0a91e025c07ca61"
)
MEMBERS = {"script": "ort.wasm.bundle.min.mjs", "binary": "ort-wasm-simd-threaded.wasm"}
"""The smallest build: the CPU alone. Its threads need headers that GitHub Pages does not send, so that it has one."""
TIMEOUT = (5, 60)
"""Seconds to connect, and between two bytes."""
LICENCE = f"""onnxruntime-web {VERSION}, https://github.com/microsoft/onnxruntime
MIT License. Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""


def runtime() -> dict[str, bytes]:
    """Its files, by the names of `MEMBERS`. Its archive of 33 MB stays in ISTDBENCH_HOME.

    Raises:
        DataError: it does not come, is another file than was pinned, or cannot be kept.
    """
    folder = home() / "npm"
    pooch.get_logger().setLevel(logging.ERROR)
    download = pooch.HTTPDownloader(timeout=TIMEOUT)
    again = f"; try again, or put what `npm pack onnxruntime-web@{VERSION}` brings into {folder}"
    try:
        path = pooch.retrieve(URL, f"sha512:{SHA512}", FILE, folder, downloader=download)
    except ValueError as error:
        raise DataError(f"{URL}: not the file that was pinned (its SHA-512 differs){again}") from error
    except RequestException as error:
        raise DataError(f"{URL}: did not come ({type(error).__name__}){again}") from error
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror}); {fix_of(error)}") from error
    with tarfile.open(path) as archive:
        return {name: _member(archive, f"package/dist/{member}") for name, member in MEMBERS.items()}


def _member(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(path)
    assert file is not None, f"{path} is a file of the pinned archive"
    with file:
        return file.read()
