"""IRSTD-1k: 1001 infrared images of 512 x 512.

Zhang, Zhang, Yang, Bai, Zhang, Guo: ISNet: Shape Matters for Infrared Small Target Detection, CVPR 2022.
MIT licence. Declared quirk: 85 masks hold grey levels between 0 and 255; they are taken at > 127, which differs
from > 0 on 73 pixels of the whole set.

Split: `official` is the authors' own (800 / 201), as BasicIRSTD publishes it.
"""

from __future__ import annotations

from importlib.resources import files

from istdbench.datasets.dataset import DatasetEntry
from istdbench.datasets.nuaa import BASICIRSTD
from istdbench.datasets.pinned import PublishedDataset, builder
from istdbench.datasets.sources import Source

IMAGES = Source("Cavalry5245", "Grounding-DINO-IRSTD", "e1555ef9110a5757db3d4f6de09a3bd81b3b6153")


def irstd1k() -> PublishedDataset:
    """The data set, to be fetched before it is read."""
    return PublishedDataset(
        "irstd1k",
        manifest=files("istdbench.datasets") / "manifests" / "irstd1k.sha256",
        images=IMAGES.path("dataset/IRSTD-1k/IRSTD1k_Img/{name}.png"),
        masks=IMAGES.path("dataset/IRSTD-1k/IRSTD1k_Label/{name}.png"),
        lists={
            "official": {
                part: BASICIRSTD.path(f"datasets/IRSTD-1K/img_idx/{part}_IRSTD-1K.txt") for part in ("train", "test")
            }
        },
        grey_masks=True,
        default_protocol="cpu512",
        digests=files("istdbench.datasets") / "manifests" / "irstd1k.digests",
        terms="MIT licence, by its authors' repository.",
        publishable=True,
        typical_side=512,
        largest_file=433_257,
    )


IRSTD1K = DatasetEntry("irstd1k", "IRSTD-1k: 1001 real images of 512 x 512 (Zhang et al., CVPR 2022)", builder(irstd1k))
