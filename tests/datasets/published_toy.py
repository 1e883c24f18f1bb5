"""A small published data set, whose mirror and manifest lie in a folder."""

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.pinned import PublishedDataset
from istdbench.datasets.sources import Source
from istdbench.registry import DATASETS

REPO = Source("owner", "repo", "0123abc")
LARGEST = 2000


def published(folder):
    """Of the manifest `toy.sha256` in the folder."""
    return PublishedDataset(
        "toy",
        manifest=folder / "toy.sha256",
        images=REPO.path("images/{name}.png"),
        masks=REPO.path("masks/{name}_gt.png"),
        lists={"official": {part: REPO.path(f"{part}.txt") for part in ("train", "test")}},
        largest_file=LARGEST,
    )


def register(folder):
    """Make it known by its name, until the process ends."""
    DATASETS._found["toy"] = ("tests", DatasetEntry("toy", "six images", lambda _spec: published(folder)))
