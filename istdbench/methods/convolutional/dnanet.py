"""DNANet, the dense nested attention network (Li et al. 2023): a U-Net whose every level exchanges with its neighbours.

Source: Li et al., Dense Nested Attention Network for Infrared Small Target Detection, IEEE TIP 32, 2023, arXiv
2106.00487; released code YeRen123455/Infrared-Small-Target-Detection, `model/model_DNANet.py` at commit 21584be.

The released code stretches images to 256 x 256 and normalises three channels as ImageNet's: for its weights,
`istdbench weights import` takes `--input resize=256,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375`.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned, Option
from istdbench.methods.parts.renaming import ATTENTIVE_BLOCK, Renaming

BLOCKS = {"r10": (1, 1, 1, 1, 1), "r18": (1, 2, 2, 2, 2), "r34": (1, 3, 4, 6, 3)}
"""Residual blocks in each node of a level; levels 1 to 4 are ResNet's four stages."""


def build(backbone: str = "r18") -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W).

    Args:
        backbone: "r10", "r18" or "r34".
    """
    from istdbench.methods.convolutional.networks.dnanet import DNANet

    return DNANet(3, BLOCKS[backbone])


DNANET = Learned(
    name="dnanet",
    summary="dense nested U-Net with channel and spatial attention, four supervised heads",
    paper="Li et al., Dense Nested Attention Network for Infrared Small Target Detection, 2023, arXiv 2106.00487",
    options={"backbone": Option("r18", "ResNet whose depths the nodes have", choices=tuple(BLOCKS))},
    build=build,
    in_channels=3,
    from_released=Renaming(
        rules=(
            (r"^conv0_4_final\.", "fusion."),
            *((rf"^conv0_{j}_1x1\.", f"to_fine.{j - 1}.") for j in range(1, 5)),
            (r"^conv(\d)_0\.", r"backbone.\1."),
            *((rf"^conv(\d)_{j}\.", rf"nested.{j - 1}.\1.") for j in range(1, 5)),
            (r"^final(4?)\.", "head."),
            *((rf"^final{j}\.", f"side_heads.{j - 1}.") for j in range(1, 4)),
            *ATTENTIVE_BLOCK,
        ),
    ),
    # `train.py` at commit 21584be, with the README's batch size. It steps its cosine schedule once, so that the rate
    # stays where it began. Its flips are left to right alone, and it blurs half of the crops, which is not done here.
    recipe={
        "epochs": 1500,
        "batch": 16,
        "losses": {"soft_iou": 1.0},
        "optimizer": {"type": "Adagrad", "lr": 0.05},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 2.0)},
    },
)
