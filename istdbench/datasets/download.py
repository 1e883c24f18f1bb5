"""How the files of a published data set are fetched: in parallel, each checked against its SHA-256."""

from __future__ import annotations

import logging
import shutil
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pooch
from requests.exceptions import HTTPError, RequestException

from istdbench.datasets.sources import Manifest, data_folder
from istdbench.errors import DataError
from istdbench.progress import Progress
from istdbench.settings import expanded, mirror

HOST = "https://raw.githubusercontent.com"
THREADS = 16
RETRIES = 2
TIMEOUT = (5, 30)
"""Seconds to connect, and between two bytes."""


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


def _cabinet(folder: Path, manifest: Manifest) -> pooch.Pooch:
    pooch.get_logger().setLevel(logging.ERROR)  # else a line a file
    place = mirror()
    base = f"{expanded(Path(place)) if not _is_url(place) else place.rstrip('/')}/github" if place else HOST
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
