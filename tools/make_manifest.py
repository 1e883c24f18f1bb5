"""Write the manifest of a published data set, and the digests of its images, from a mirror folder.

    python tools/make_manifest.py nuaa ../shared/data

The mirror holds `github/<owner>/<repo>/<commit>/<path>`. Run once when a data set is added or its commit changes;
the result is committed, because the manifest is what makes the data the same everywhere.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from istdbench.datasets.digest import image_digest
from istdbench.datasets.images import read_image
from istdbench.datasets.irstd1k import irstd1k
from istdbench.datasets.nuaa import nuaa
from istdbench.datasets.nudt import nudt
from istdbench.datasets.pinned import PublishedDataset
from istdbench.datasets.sirst2 import sirst2
from istdbench.datasets.split_lists import read_list
from istdbench.files import atomic_write, sha256_file

MANIFESTS = Path(__file__).parents[1] / "istdbench" / "datasets" / "manifests"


def list_paths(splits: Mapping[str, Mapping[str, str]]) -> set[str]:
    """The lists of splits."""
    return {path for parts in splits.values() for path in parts.values()}


def digest_of(dataset: PublishedDataset, root: Path, name: str) -> str:
    """Of an image as it lies in the mirror."""
    return image_digest(read_image(root / dataset.patterns[0].format(name=name)))


def write(name: str, lines: Iterable[tuple[str, str]]) -> None:
    """A file of lines `hash  what`, as sha256sum writes them."""
    atomic_write(MANIFESTS / name, "".join(f"{hashed}  {what}\n" for hashed, what in lines))


def main() -> None:
    known = {make.__name__: make for make in (nuaa, irstd1k, nudt, sirst2)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=known)
    parser.add_argument("mirror", type=Path)
    arguments = parser.parse_args()
    dataset, root = known[arguments.dataset](), arguments.mirror / "github"
    lists = list_paths(dataset.list_paths)
    later = list_paths(dataset.later.splits) if dataset.later else set()
    names = sorted({name for path in lists for name in read_list(root / path)})
    files = {pattern.format(name=name) for pattern in dataset.patterns for name in names}
    paths = sorted(files | lists - later)
    write(f"{dataset.name}.sha256", ((sha256_file(root / path), path) for path in paths))
    if later:
        write(f"{dataset.name}_lists.sha256", ((sha256_file(root / path), path) for path in sorted(later)))
    write(f"{dataset.name}.digests", ((digest_of(dataset, root, name), name) for name in names))
    print(f"{len(paths)} files; largest_file={max((root / path).stat().st_size for path in paths):_}")


if __name__ == "__main__":
    main()
