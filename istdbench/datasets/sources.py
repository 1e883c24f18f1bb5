"""Files at pinned commits of GitHub repositories: where they are, their SHA-256, and which are not as published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from istdbench.errors import DataError
from istdbench.files import sha256_bytes, sha256_file
from istdbench.settings import home

_LINE = re.compile("[0-9a-f]{64}  [^/].*")


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
        fingerprint: SHA-256 of the manifest file itself, hence of every byte of the images and masks.
    """

    hashes: Mapping[str, str]
    fingerprint: str

    @classmethod
    def read(cls, path: Traversable) -> Manifest:
        """Read a file of lines `sha256  path`, as sha256sum writes them.

        Raises:
            DataError: it is no such file, or a path leads out of the data set's folder; names it.
        """
        content = path.read_bytes()
        try:
            lines = content.decode().splitlines()
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: no list of SHA-256 and paths ({error}); write it with sha256sum") from error
        for line in lines:
            if not _LINE.fullmatch(line) or ".." in PurePosixPath(line[66:]).parts:
                raise DataError(f"{path}: {line!r} is no SHA-256 and path in the data set; write it with sha256sum")
        return cls({line[66:]: line[:64] for line in lines}, sha256_bytes(content))


def data_folder(dataset: str) -> Path:
    """Where the files of a fetched data set lie, each under its manifest path."""
    return home() / "data" / dataset


def altered(dataset: str, manifest: Manifest) -> list[str]:
    """Manifest paths of the files that are there, but not as published."""
    there = ((path, data_folder(dataset) / path) for path in manifest.hashes)
    return [path for path, file in there if file.is_file() and sha256_file(file) != manifest.hashes[path]]
