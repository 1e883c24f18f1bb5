"""SIRST-V2: 1024 infrared images, 648 targets; 510 of the images have none.

Dai, Li, Zhou, Qian, Chen, Yang: One-Stage Cascade Refinement Networks for Infrared Small Target Detection, IEEE TGRS
2023. No licence is named; the authors ask to be cited.

Its first 427 images are NUAA-SIRST's, shuffled anew: 67 of the 86 official test images of `nuaa` are in trainval here,
so weights of the one set must not be scored on the other's test images.

Splits: `official` are the lists `*_full` (train 512, val 256, test 256; trainval 768), of whose images about half have
no target. The others are named as the repository's lists: `v1` is NUAA-SIRST's official split, `v1fullv2target` the
514 images with a target (val 103, test 103; trainval 411, which holds val), `v2target` the 87 of them that are new,
`v2background` the 510 without, and `mini` eight images to try code with. Numbers of two splits must never share a
table.
"""

from __future__ import annotations

from importlib.resources import files

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.nuaa import IMAGES, PARTS
from istdbench.datasets.pinned import PublishedDataset, builder


def sirst2() -> PublishedDataset:
    """The data set, to be fetched before it is read."""
    return PublishedDataset(
        "sirst2",
        manifest=files("istdbench.datasets") / "manifests" / "sirst2.sha256",
        images=IMAGES.path("mixed/{name}.png"),
        masks=IMAGES.path("annotations/masks/{name}_pixels0.png"),
        lists={
            "official": {part: _list(f"{part}_full") for part in PARTS},
            "v1": {part: _list(f"{part}_v1") for part in PARTS},
            "v1fullv2target": {part: _list(f"{part}_v1fullv2target") for part in ("val", "test", "trainval")},
            "v2target": {"test": _list("trainvaltest_v2target")},
            "v2background": {"test": _list("v2background")},
            "mini": {part: _list(f"mini_{part}") for part in ("trainval", "test")},
        },
        backgrounds=("v2background",),
        default_protocol="cpu512",
        digests=files("istdbench.datasets") / "manifests" / "sirst2.digests",
        terms="No licence is named; the authors ask to be cited.",
        typical_side=572,
        largest_file=1_158_445,
    )


def _list(stem: str) -> str:
    return IMAGES.path(f"splits/{stem}.txt")


SIRST2 = DatasetEntry(
    "sirst2", "SIRST-V2: 1024 real images, 510 without a target, 648 targets (Dai et al., TGRS 2023)", builder(sirst2)
)
