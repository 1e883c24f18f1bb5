"""Write the manifest of a published data set from a mirror folder.

    python tools/make_manifest.py nuaa ../shared/data

The mirror holds `github/<owner>/<repo>/<commit>/<path>`. Run once when a data set is added or its commit changes;
the result is committed, because the manifest is what makes the data the same everywhere.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from istdbench.datasets.irstd1k import irstd1k
from istdbench.datasets.nuaa import nuaa
from istdbench.datasets.pinned import PublishedDataset
from istdbench.datasets.split_lists import read_list
from istdbench.files import atomic_write, sha256_file

MANIFESTS = Path(__file__).parents[1] / "istdbench" / "datasets" / "manifests"


def published_paths(dataset: PublishedDataset, root: Path) -> Iterable[str]:
    """Every list of a data set, and the image and mask of every listed name."""
    lists = [path for parts in dataset.list_paths.values() for path in parts.values()]
    names = {name for path in lists for name in read_list(root / path)}
    return lists + [pattern.format(name=name) for pattern in dataset.patterns for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", choices=["nuaa", "irstd1k"])
    parser.add_argument("mirror", type=Path)
    arguments = parser.parse_args()
    dataset = {"nuaa": nuaa, "irstd1k": irstd1k}[arguments.dataset]()
    root = arguments.mirror / "github"
    paths = sorted(published_paths(dataset, root))
    lines = [f"{sha256_file(root / path)}  {path}\n" for path in paths]
    atomic_write(MANIFESTS / f"{dataset.name}.sha256", "".join(lines))
    print(f"{len(lines)} files; largest_file={max((root / path).stat().st_size for path in paths):_}")


if __name__ == "__main__":
    main()
