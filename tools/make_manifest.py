"""Write the manifest of a published data set, and the digests of its images, from a mirror folder.

    python tools/make_manifest.py nuaa ../shared/data

The mirror holds `github/<owner>/<repo>/<commit>/<path>`. Run once when a data set is added or its commit changes;
the result is committed, because the manifest is what makes the data the same everywhere.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from istdbench.datasets.digest import image_digest
from istdbench.datasets.images import read_image
from istdbench.datasets.irstd1k import irstd1k
from istdbench.datasets.nuaa import nuaa
from istdbench.datasets.nudt import nudt
from istdbench.datasets.pinned import PublishedDataset
from istdbench.datasets.split_lists import read_list
from istdbench.files import atomic_write, sha256_file

MANIFESTS = Path(__file__).parents[1] / "istdbench" / "datasets" / "manifests"


def list_paths(dataset: PublishedDataset) -> list[str]:
    """Every list of a data set."""
    return [path for parts in dataset.list_paths.values() for path in parts.values()]


def listed(dataset: PublishedDataset, root: Path) -> list[str]:
    """Every name that a list holds, in order."""
    return sorted({name for path in list_paths(dataset) for name in read_list(root / path)})


def digest_of(dataset: PublishedDataset, root: Path, name: str) -> str:
    """Of an image as it lies in the mirror."""
    return image_digest(read_image(root / dataset.patterns[0].format(name=name)))


def write(name: str, lines: Iterable[tuple[str, str]]) -> None:
    """A file of lines `hash  what`, as sha256sum writes them."""
    atomic_write(MANIFESTS / name, "".join(f"{hashed}  {what}\n" for hashed, what in lines))


def main() -> None:
    known = {make.__name__: make for make in (nuaa, irstd1k, nudt)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=known)
    parser.add_argument("mirror", type=Path)
    arguments = parser.parse_args()
    dataset, root = known[arguments.dataset](), arguments.mirror / "github"
    names = listed(dataset, root)
    files = [pattern.format(name=name) for pattern in dataset.patterns for name in names]
    paths = sorted({*list_paths(dataset), *files})
    write(f"{dataset.name}.sha256", ((sha256_file(root / path), path) for path in paths))
    write(
        f"{dataset.name}.digests",
        ((image_digest(read_image(root / dataset.patterns[0].format(name=name))), name) for name in names),
    )
    print(f"{len(paths)} files; largest_file={max((root / path).stat().st_size for path in paths):_}")


if __name__ == "__main__":
    main()
