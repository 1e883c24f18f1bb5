"""Files at pinned commits on raw.githubusercontent.com: where they are, their SHA-256, and how they are fetched."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pooch
from requests.exceptions import HTTPError, RequestException

from istdbench.errors import DataError
from istdbench.files import sha256_bytes, sha256_file
from istdbench.settings import home, mirror

HOST = "https://raw.githubusercontent.com"
THREADS = 16
RETRIES = 2
TIMEOUT = (5, 30)
"""Seconds to connect, and between two bytes."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Source:
    """A repository at one commit."""

    owner: str
    repo: str
    commit: str

    def path(self, inside: str) -> str:
        """A file of the repository as host, mirror and manifest name it."""
        return f"{self.owner}/{self.repo}/{self.commit}/{inside}"


@dataclass(frozen=True)
class Manifest:
    """The files of a data set: path to SHA-256.

    Attributes:
        hashes: `<owner>/<repo>/<commit>/<path>` to hexadecimal SHA-256.
        fingerprint: SHA-256 of the manifest file itself, hence of every byte of the data set.
    """

    hashes: Mapping[str, str]
    fingerprint: str

    @classmethod
    def read(cls, path: Traversable) -> Manifest:
        """Read a file of lines `sha256  path`, as sha256sum writes them."""
        text = path.read_text(encoding="utf-8")
        pairs = (line.split("  ", 1) for line in text.splitlines())
        return cls({name: digest for digest, name in pairs}, sha256_bytes(text.encode()))


def data_folder(dataset: str) -> Path:
    """Where the files of a fetched data set lie, each under its manifest path."""
    return home() / "data" / dataset


def fetch(dataset: str, manifest: Manifest, progress: Progress | None = None) -> Path:
    """Bring every file of a data set to `data_folder(dataset)` and return that folder.

    Files come in parallel from ISTDBENCH_MIRROR (a folder or a base URL, each with the layout of
    `https://raw.githubusercontent.com` under `github/`), else from the host. A file that is there with the
    right SHA-256 is kept; one with a wrong SHA-256 never takes its name.

    Args:
        progress: called in this thread as `progress(done, total)` after each file.

    Raises:
        DataError: the mirror or host cannot be reached, lacks a file, or sends another one; or the folder cannot
            be written. What was fetched before stays, and the next call goes on from there.
    """
    folder, total = data_folder(dataset), len(manifest.hashes)
    cabinet = _cabinet(folder, manifest)
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            _make_folders(folder, manifest)
            futures = [pool.submit(_fetch_one, cabinet, path, dataset) for path in manifest.hashes]
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if progress:
                    progress(done, total)
        finally:
            pool.shutdown(cancel_futures=True)
    return folder


def altered(dataset: str, manifest: Manifest) -> list[str]:
    """Manifest paths of the files that are there, but not as published."""
    there = ((path, data_folder(dataset) / path) for path in manifest.hashes)
    return [path for path, file in there if file.is_file() and sha256_file(file) != manifest.hashes[path]]


def _cabinet(folder: Path, manifest: Manifest) -> pooch.Pooch:
    pooch.get_logger().setLevel(logging.ERROR)  # else a line a file
    place = mirror()
    base = f"{Path(place).expanduser() if not _is_url(place) else place.rstrip('/')}/github" if place else HOST
    retries = RETRIES if _is_url(base) else 0
    return pooch.create(folder, base_url=f"{base}/", registry=dict(manifest.hashes), retry_if_failed=retries)


def _make_folders(folder: Path, manifest: Manifest) -> None:
    """Pooch makes them too, but two of its threads that make the same one collide."""
    try:
        for parent in {(folder / path).parent for path in manifest.hashes}:
            parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from error


def _fetch_one(cabinet: pooch.Pooch, path: str, dataset: str) -> None:
    url = cabinet.get_url(path)
    downloader = pooch.HTTPDownloader(chunk_size=1 << 16, timeout=TIMEOUT) if _is_url(url) else _copy
    again = f"run `istdbench data fetch {dataset}` again"
    try:
        cabinet.fetch(path, downloader=downloader)
    except DataError as error:
        raise DataError(f"{dataset}: {error}; {again} with ISTDBENCH_MIRROR set to a complete copy") from error
    except ValueError as error:
        raise DataError(
            f"{dataset}: {url} is not the published file (its SHA-256 differs), nothing of it is kept; {again}, "
            "and if it stays so set ISTDBENCH_MIRROR to another folder or URL that holds a copy"
        ) from error
    except RequestException as error:
        reason = error if isinstance(error, HTTPError) else type(error).__name__
        raise DataError(
            f"{dataset}: {url} did not come ({reason}); {again}, it goes on where it stopped, "
            "or set ISTDBENCH_MIRROR to a folder or URL that holds a copy"
        ) from error
    except OSError as error:
        raise _not_writable(Path(cabinet.path), error) from error


def _copy(source: str, target: str, _cabinet: Any) -> None:
    try:
        shutil.copyfile(source, target)
    except FileNotFoundError as error:
        raise DataError(f"the mirror has no file {source}") from error


def _is_url(place: str) -> bool:
    return place.startswith(("http://", "https://"))


def _not_writable(folder: Path, error: OSError) -> DataError:
    reason = error.strerror or error
    return DataError(
        f"{folder}: cannot be written ({reason}); free space there or set ISTDBENCH_HOME to another folder"
    )
