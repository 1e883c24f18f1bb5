"""How published files are fetched, of a data set or others: in parallel, each checked against its SHA-256.

A mirror may be anyone's, and a line may break at any moment. So what is sent is limited in time and size, and a file
takes its name only when it is whole and right; until then it has a temporary one, which is removed when the fetch ends
or, where it was killed, by the next one.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty
from threading import Event
from typing import BinaryIO

import pooch
from requests.exceptions import HTTPError, RequestException

from istdbench.datasets.left_threads import working
from istdbench.datasets.sources import Manifest, data_folder
from istdbench.errors import DataError
from istdbench.files import sha256_file
from istdbench.locks import locked
from istdbench.progress import Progress
from istdbench.settings import expanded, mirror

HOST = "https://raw.githubusercontent.com"
THREADS = 16
RETRIES = 2
TIMEOUT = (5, 30)
"""Seconds to connect, and between two bytes."""
PATIENCE = 300.0
"""Seconds within which, of the files that are under way, one must be done."""
CHUNK = 1 << 16
TEMPORARY = re.compile(r"tmp[a-z0-9_]{8}")
"""What Pooch, by Python's `tempfile`, calls a file until it is whole."""


def fetch(
    what: str,
    manifest: Manifest,
    largest: int,
    progress: Progress | None = None,
    *,
    folder: Path | None = None,
    again: str | None = None,
) -> Path:
    """Bring every file of a manifest to a folder and return that.

    Files come in parallel from ISTDBENCH_MIRROR (a folder or a base URL, each with the layout of
    `https://raw.githubusercontent.com` under `github/`), else from the host. A file that is there with the
    right SHA-256 is kept; one with a wrong SHA-256 never takes its name. Of several processes one fetches, and the
    others wait for it.

    Args:
        what: a data set's name; or another's, for messages, where `folder` and `again` are given.
        largest: bytes of the largest file.
        folder: None takes `data_folder(what)`.
        again: what to run where it fails, for messages; None says the verb that fetches data.
        progress: called in this thread as `progress(done, total)` after each file.

    Raises:
        DataError: the mirror or host cannot be reached, is too slow, lacks a file, or sends another one; or the folder
            cannot be written. What was fetched before stays, and the next call goes on from there.
    """
    folder, total = folder or data_folder(what), len(manifest.hashes)
    named = _Named(what, again or f"`istdbench data fetch {what}` again")
    tell = progress or (lambda _done, _total: None)
    with _writing(folder):
        wanted = [path for path, sha256 in manifest.hashes.items() if not _is_there(folder / path, sha256)]
    kept = total - len(wanted)
    for done in range(1, kept + 1):
        tell(done, total)
    if not wanted:
        return folder
    stop = Event()
    work = partial(_fetch_one, _cabinet(folder, manifest), named, largest, stop)
    with _alone(folder, manifest), working(work, wanted, THREADS, stop) as finished:
        for done in range(kept + 1, total + 1):
            try:
                error = finished.get(timeout=PATIENCE)
            except Empty:
                raise DataError(f"{what}: no file came within {PATIENCE:g} s; {named.again}") from None
            if error:
                raise error
            tell(done, total)
    return folder


def _is_there(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_file(file) == sha256


@contextmanager
def _alone(folder: Path, manifest: Manifest) -> Iterator[None]:
    """Inside the block no other process fetches into the folder; what a fetch left unfinished is removed around it."""
    folders = sorted({folder, *((folder / path).parent for path in manifest.hashes)})
    with _writing(folder):
        for each in folders:  # Pooch makes them too, but two of its threads that make the same one collide
            each.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(f".{folder.name}.lock")):
        try:
            with _writing(folder):
                _remove_temporary(folders)
            yield
        finally:
            with suppress(OSError):  # the error that ended the block is the one to tell
                _remove_temporary(folders)


def _remove_temporary(folders: Iterable[Path]) -> None:
    for folder in folders:
        for path in folder.iterdir():
            if TEMPORARY.fullmatch(path.name):
                path.unlink(missing_ok=True)


def _cabinet(folder: Path, manifest: Manifest) -> pooch.Pooch:
    pooch.get_logger().setLevel(logging.ERROR)  # else a line a file
    place = mirror()
    base = f"{expanded(Path(place)) if not _is_url(place) else place.rstrip('/')}/github" if place else HOST
    retries = RETRIES if _is_url(base) else 0
    return pooch.create(folder, base_url=f"{base}/", registry=dict(manifest.hashes), retry_if_failed=retries)


def _fetch_one(cabinet: pooch.Pooch, named: _Named, largest: int, stop: Event, path: str) -> None:
    url = cabinet.get_url(path)
    try:
        with _writing(Path(cabinet.path)):
            cabinet.fetch(path, downloader=partial(_download, largest, stop))
    except ValueError as error:
        raise DataError(
            f"{named.what}: {url} is not the published file (its SHA-256 differs), nothing of it is kept; {named.again}"
        ) from error
    except RequestException as error:
        reason = error if isinstance(error, HTTPError) else type(error).__name__
        raise DataError(f"{named.what}: {url} did not come ({reason}); {named.again}") from error
    except _MirrorError as error:
        raise DataError(f"{named.what}: {error}; {named.again}") from error


@dataclass(frozen=True)
class _Named:
    """What is fetched, and what to run to go on with it, for messages."""

    what: str
    run: str

    @property
    def again(self) -> str:
        return (
            f"run {self.run}, it goes on where it stopped, or set ISTDBENCH_MIRROR to a folder or URL that holds a "
            "complete copy"
        )


class _MirrorError(Exception):
    """What a mirror has to offer is not taken, and trying again would not help."""


class _Limited:
    """A file that takes no more than `largest` bytes, and none once `stop` is set; closed by who opened it."""

    def __init__(self, file: BinaryIO, source: str, largest: int, stop: Event) -> None:
        self._file, self._source, self._largest, self._stop = file, source, largest, stop

    def write(self, data: bytes) -> int:
        if self._stop.is_set():
            raise _MirrorError("the fetch has ended")
        if self._file.tell() + len(data) > self._largest:
            raise _MirrorError(
                f"{self._source} sends more than {self._largest:,} bytes, which no file of the data set has"
            )
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()


def _download(largest: int, stop: Event, source: str, target: str, cabinet: pooch.Pooch) -> None:
    with open(target, "wb") as file:  # noqa: PTH123
        limited = _Limited(file, source, largest, stop)
        limited.write(b"")
        if _is_url(source):
            plain = {"Accept-Encoding": "identity"}
            pooch.HTTPDownloader(chunk_size=CHUNK, timeout=TIMEOUT, headers=plain)(source, limited, cabinet)
        else:
            _copy(Path(source), limited)


def _copy(source: Path, target: _Limited) -> None:
    if not source.is_file():
        raise _MirrorError(f"the mirror has no file {source}")
    try:
        file = source.open("rb")
    except OSError as error:
        raise _MirrorError(f"{source} cannot be read ({error.strerror})") from error
    with file:
        shutil.copyfileobj(file, target, CHUNK)


def _is_url(place: str) -> bool:
    return place.startswith(("http://", "https://"))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Errors of the file system name the folder, or what stands in the way of a file or a folder of it."""
    try:
        yield
    except RequestException:  # an OSError too, but of the network
        raise
    except (OSError, NotImplementedError) as error:
        if in_the_way := _in_the_way(error, folder):
            raise DataError(f"{in_the_way} of the data set belongs; move it away and fetch again") from error
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{folder}: cannot be written ({reason}); free space there or set ISTDBENCH_HOME to another folder"
        ) from error


def _in_the_way(error: Exception, folder: Path) -> str:
    """What in the folder is a folder and should be a file, or the other way round; "" where nothing is."""
    if not isinstance(error, IsADirectoryError | NotADirectoryError | FileExistsError):
        return ""
    path = Path(error.filename)
    there = next(each for each in (path, *path.parents) if each.exists())
    if not there.is_relative_to(folder):
        return ""
    return f"{there}: a folder stands where a file" if there.is_dir() else f"{there}: a file stands where a folder"
