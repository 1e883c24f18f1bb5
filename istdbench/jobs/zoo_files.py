"""The files of the zoo's weights: in the package or, where it was installed without them, fetched once.

A checkout of the repository has the weights of every entry. A wheel has those of `synth` alone, which keeps it small;
of each other entry it has the card, the record, the learning curve and, in SHA256SUMS, the hash of its weights. These
are fetched when they are first needed, from the repository at the tag of the package's version, or from
ISTDBENCH_MIRROR.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from istdbench.datasets.sources import Manifest, Source
from istdbench.settings import home

ZOO = Path(__file__).parents[1] / "zoo"
WEIGHTS = "weights.safetensors"
"""Name of the weights' file in an entry of the zoo, see `istdbench.committed.entry`."""
CHECKSUMS = "SHA256SUMS"
LARGEST = 8_000_000
"""Bytes that a weights' file of the zoo may have."""
OWNER, REPOSITORY = "istdbench", "istdbench"
"""Of this project on GitHub, as pyproject.toml has it."""


def is_checkout() -> bool:
    """Whether this package is a checkout of its repository, whose zoo may be changed, and not an installed copy."""
    project = Path(__file__).parents[2] / "pyproject.toml"  # beside installed packages it may be another's
    return project.is_file() and b'name = "istdbench"' in project.read_bytes()


def hashes() -> Mapping[str, str]:
    """SHA-256 of the weights of each entry that is published, by `<data set>/<protocol>/<method>-seed<n>`.

    Raises:
        DataError: the zoo's list of them is damaged.
    """
    listed = ZOO / CHECKSUMS
    files = Manifest.read(listed).hashes if listed.is_file() else {}
    paths = {PurePosixPath(name): sha256 for name, sha256 in files.items()}
    return {path.parent.as_posix(): sha256 for path, sha256 in paths.items() if path.name == WEIGHTS}


def place(entry: str) -> Path:
    """Where the weights of an entry are, or will be once they were fetched."""
    return _place(entry, hashes)


def places(pattern: str) -> list[Path]:
    """As `place`, of every entry that matches a pattern of its name, by name."""
    inside, listed = {path.parent.relative_to(ZOO).as_posix() for path in ZOO.glob(f"{pattern}/{WEIGHTS}")}, hashes()
    found = sorted(entry for entry in inside.union(listed) if PurePosixPath(entry).match(pattern))
    return [_place(entry, lambda: listed) for entry in found]


def obtained(entry: str) -> Path | None:
    """The weights of an entry, which are fetched where they are not here; None where the zoo has none.

    Those that were fetched are compared with their SHA-256 each time, and fetched again where they were altered.

    Raises:
        DataError: they cannot be fetched; names the file and ISTDBENCH_MIRROR.
    """
    path = place(entry)
    if path.is_relative_to(ZOO):
        return path if path.is_file() else None
    from istdbench.datasets.download import fetch

    is_new, sha256 = not path.is_file(), hashes()[entry]
    manifest = Manifest({_published(entry): sha256}, sha256)
    fetch(f"weights {entry} of the zoo", manifest, LARGEST, folder=_folder(), again="the same command again")
    if is_new:
        warnings.warn(f"weights {entry} of the zoo were fetched, and are kept as {path}", stacklevel=2)
    return path


def of_hash(sha256: str) -> Path | None:
    """As `obtained`, of the entry whose weights have this SHA-256."""
    return next((obtained(entry) for entry, found in hashes().items() if found == sha256), None)


def _place(entry: str, listed: Callable[[], Collection[str]]) -> Path:
    """As `place`; which entries are published is looked up only where the weights are not in the package."""
    inside = ZOO / entry / WEIGHTS
    return inside if inside.is_file() or entry not in listed() else _folder() / _published(entry)


def _folder() -> Path:
    return home() / "zoo"


def _published(entry: str) -> str:
    """An entry's weights as host and mirror name them."""
    return Source(OWNER, REPOSITORY, f"v{version('istdbench')}").path(f"istdbench/zoo/{entry}/{WEIGHTS}")
