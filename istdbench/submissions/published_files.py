"""What a sender published, weights or maps, brought to a temporary folder and held to the SHA-256 of the record."""

from __future__ import annotations

import lzma
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from istdbench.errors import DataError, WeightsError
from istdbench.files import sha256_file, within
from istdbench.importing.released_weights import released_weights
from istdbench.results import Record
from istdbench.runs.from_record import recorded_release
from istdbench.submissions.bundle import FORM, Bundle

LARGEST = 2 * 1024**3
"""Bytes of what is fetched, and of what an archive becomes when it is unpacked."""
MOST_FILES = 100_000
TIMEOUT = (10, 60)
"""Seconds to connect, and between two bytes."""
CHUNK = 1 << 16
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, EOFError, OSError)
"""What Python raises of an archive that is damaged, encrypted or none."""


@dataclass(frozen=True)
class Published:
    """What was fetched for a bundle: a weights file, a folder of maps, or neither where none is needed."""

    weights: Path | None = None
    maps: Path | None = None


@contextmanager
def published(bundle: Bundle) -> Iterator[Published]:
    """What a bundle's number comes from, for the span of the block; fetched anew each time.

    Raises:
        DataError: the address does not answer, sends too much, or an archive that cannot be unpacked without harm.
        WeightsError: it sends another file than the record's weights.
        IstdbenchError: as `released_weights`.
    """
    record, url = bundle.record, bundle.form.url
    if url is None:
        release = recorded_release(record)
        weights = None if release is None else released_weights(release)
        if weights is not None:
            _check_hash(record, weights, str(bundle.folder))
        yield Published(weights)
        return
    with tempfile.TemporaryDirectory(prefix="istdbench-submission-") as scratch:
        file, where = Path(scratch) / "fetched", f"{bundle.folder / FORM}: url {url}"
        _fetch(url, file, where)
        if record.weights is None:
            maps = Path(scratch) / "maps"
            unpack(file, maps, where)
            inner = list(maps.iterdir())
            yield Published(maps=inner[0] if len(inner) == 1 and inner[0].is_dir() else maps)
            return
        _check_hash(record, file, where)
        yield Published(file.rename(file.with_name("weights.safetensors")))


def _check_hash(record: Record, file: Path, where: str) -> None:
    assert record.weights is not None, f"{record.path} has weights"
    if (found := sha256_file(file)) != record.weights.sha256:
        raise WeightsError(
            f"{where} gives a file of SHA-256 {found[:12]}…, and the record's weights are "
            f"{record.weights.sha256[:12]}…; put the very file there again, or submit what is there now"
        )


def _fetch(url: str, target: Path, where: str) -> None:
    from requests import RequestException, get

    try:
        with get(url, stream=True, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}) as answer:
            answer.raise_for_status()
            with target.open("wb") as file:
                for chunk in answer.iter_content(CHUNK):
                    if file.tell() + len(chunk) > LARGEST:
                        raise DataError(f"{where} sends more than {LARGEST:,} bytes; publish a smaller file")
                    file.write(chunk)
    except RequestException as error:
        status = getattr(error.response, "status_code", None)
        told = f"it answers {status}" if status else type(error).__name__
        raise DataError(
            f"{where} does not give the file ({told}); publish it there again, or write its new address into the form"
        ) from error


def unpack(archive: Path, folder: Path, where: str) -> None:
    """Unpack a zip archive of score maps.

    Args:
        where: what the message begins with.

    Raises:
        DataError: it is none, leads out of the folder, holds a link, or becomes too large.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            size = sum(member.file_size for member in members)
            if size > LARGEST or len(members) > MOST_FILES:
                raise DataError(
                    f"{where}: unpacked, the archive has {len(members):,} files of {size:,} bytes, and may have "
                    f"{MOST_FILES:,} of {LARGEST:,}; publish maps alone, in 8 or 16 bits"
                )
            for member in members:
                if stat.S_ISLNK(member.external_attr >> 16):
                    raise DataError(f"{where}: {member.filename!r} in the archive is a link; put the map in its place")
                _check_place(folder, member.filename.replace("\\", "/"), where)
            opened.extractall(folder, members)
    except _DAMAGE as error:
        raise DataError(f"{where}: no zip archive that can be unpacked ({error}); publish the maps as one") from error


def _check_place(folder: Path, name: str, where: str) -> None:
    try:
        within(folder, name)
    except DataError as error:
        raise DataError(f"{where}: in the archive, {error}") from error
