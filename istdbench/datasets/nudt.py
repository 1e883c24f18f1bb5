"""NUDT-SIRST: 1327 images of 256 x 256, 1863 targets, drawn into real infrared backgrounds.

Li, Xiao, Wang, Wang, Lin, Li, An, Guo: Dense Nested Attention Network for Infrared Small Target Detection, IEEE TIP
2023. No licence is named; the authors ask to be cited.

Split: `official` is DNANet's (663 / 664), as BasicIRSTD publishes it. Near-duplicates stand across its two lists, which
`istdbench data check nudt` names.
"""

from __future__ import annotations

from importlib.resources import files

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.irstd1k import IMAGES
from istdbench.datasets.nuaa import BASICIRSTD
from istdbench.datasets.pinned import PublishedDataset, builder


def nudt() -> PublishedDataset:
    """The data set, to be fetched before it is read."""
    return PublishedDataset(
        "nudt",
        manifest=files("istdbench.datasets") / "manifests" / "nudt.sha256",
        images=IMAGES.path("dataset/NUDT-SIRST/images/{name}.png"),
        masks=IMAGES.path("dataset/NUDT-SIRST/masks/{name}.png"),
        lists={
            "official": {
                part: BASICIRSTD.path(f"datasets/NUDT-SIRST/img_idx/{part}_NUDT-SIRST.txt")
                for part in ("train", "test")
            }
        },
        default_protocol="cpu512",
        digests=files("istdbench.datasets") / "manifests" / "nudt.digests",
        terms="No licence is named; the authors ask to be cited.",
        typical_side=256,
        largest_file=80_010,
    )


NUDT = DatasetEntry("nudt", "NUDT-SIRST: 1327 images of 256 x 256, 1863 targets (Li et al., TIP 2023)", builder(nudt))
