"""NUAA-SIRST: 427 infrared images of 381 sizes, 533 targets.

Dai, Wu, Zhou, Barnard: Asymmetric Contextual Modulation for Infrared Small Target Detection, WACV 2021.
The images are those of open-sirst-v2 (its first 427), where every mask has its image's size; in the first
archive the mask of Misc_111 had not. No licence is named; the authors ask to be cited.

Splits: `official` is the authors' (train 256, val 85, test 86; trainval 341 is the 80 % of papers), `5050` is
BasicIRSTD's and DNANet's (213 / 214), `v320` the authors' older one of 320 images (train 160, val 64, test 96;
trainval 224), as ISNet's repository publishes it: ACM's and ALCNet's own figures are of it. 44 of the 86 official test
images are in the 5050 training list, so numbers of two splits must never share a table.
"""

from __future__ import annotations

from importlib.resources import files

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.pinned import LaterLists, PublishedDataset, builder
from istdbench.datasets.sources import Source

IMAGES = Source("YimianDai", "open-sirst-v2", "a927e5c67a7d2e22c7c96b54703ffe9ae01a1f35")
OFFICIAL = Source("YimianDai", "sirst", "9ad1a3f900b845853eba25369d9c5e6f661e0479")
BASICIRSTD = Source("XinyiYing", "BasicIRSTD", "95650c3970da070473ae7cbd98d1d610aa69fd5b")
ISNET = Source("RuiZhang97", "ISNet", "c5a7548a9abca04208fdf7bd5a5ee97e33cc056d")
PARTS = ("train", "val", "test", "trainval")


def nuaa() -> PublishedDataset:
    """The data set, to be fetched before it is read."""
    return PublishedDataset(
        "nuaa",
        manifest=files("istdbench.datasets") / "manifests" / "nuaa.sha256",
        images=IMAGES.path("mixed/{name}.png"),
        masks=IMAGES.path("annotations/masks/{name}_pixels0.png"),
        lists={
            "official": {part: OFFICIAL.path(f"idx_427/{part}.txt") for part in PARTS},
            "5050": {
                part: BASICIRSTD.path(f"datasets/NUAA-SIRST/img_idx/{part}_NUAA-SIRST.txt")
                for part in ("train", "test")
            },
        },
        default_protocol="cpu512",
        digests=files("istdbench.datasets") / "manifests" / "nuaa.digests",
        terms="No licence is named; the authors ask to be cited.",
        typical_side=253,
        largest_file=153_385,
        later=LaterLists(
            files("istdbench.datasets") / "manifests" / "nuaa_lists.sha256",
            {"v320": {part: ISNET.path(f"sirst-master/idx_320/{part}.txt") for part in PARTS}},
        ),
    )


NUAA = DatasetEntry("nuaa", "NUAA-SIRST: 427 real images, 533 targets (Dai et al., WACV 2021)", builder(nuaa))
