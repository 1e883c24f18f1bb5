"""ACM as BasicIRSTD has it (XinyiYing/BasicIRSTD, `model/ACM/model_ACM.py`; the same file in XinyiYing/LESPS).

It is the U-Net of `acm` with three changes: one gray channel, whose norm learns scale and offset; three residual blocks
a stage; maps enlarged without aligned corners. Its batch norms outside the residual blocks have a momentum of 0.9 as
PyTorch counts it, where MXNet's 0.9 is PyTorch's 0.1, so that what they keep is little more than the last batch. Ours
have it too.

LESPS released weights, trained on SIRST3: `istdbench weights import` takes
`--input resize=none,pad=32,mean=95.01,sd=41.511`. LESPS itself pads each side to the next multiple of 32 above it, so
by 32 pixels where it is one already.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import ACM_ENCODER, BASIC_BLOCK, Renaming

BASICIRSTD_RECIPE = {
    "epochs": 400,
    "batch": 16,
    "losses": {"soft_iou": 1.0},
    "optimizer": {"type": "Adam", "lr": 5e-4},
    "schedule": {"type": "step", "milestones": (0.5, 0.75), "gamma": 0.1},
    "augmentation": {"crop": 256, "target_bias": 0.5, "flips": True, "transpose": True},
}
"""`train.py` at commit 95650c3, by which BasicIRSTD trains its networks. LESPS has a focal loss, which is not here."""


def build() -> torch.nn.Module:
    """The untrained network: images (B, 1, H, W) of any size to logits (B, 1, H, W)."""
    from istdbench.methods.convolutional.networks import acm

    return acm.ACM("unet", "asym_bi", "quarter", acm.BASICIRSTD)


ACM_BASICIRSTD = Learned(
    name="acm_basicirstd",
    summary="ACM's U-Net in the port of BasicIRSTD and LESPS: gray, three residual blocks a stage",
    paper="Ying et al., Mapping Degeneration Meets Label Evolution (LESPS), CVPR 2023, arXiv 2304.01484, for the port; "
    "Dai et al., WACV 2021, for ACM",
    build=build,
    from_released=Renaming(
        rules=(
            *ACM_ENCODER,
            *BASIC_BLOCK,
            *((rf"^deconv{2 - i}\.", f"raisings.{i}.") for i in range(2)),
            *((rf"^fuse{2 - i}\.", f"fusions.{i}.") for i in range(2)),
            *((rf"^uplayer{2 - i}\.", f"refinements.{i}.") for i in range(2)),
            (r"\.topdown\.", ".top_down."),
            (r"\.bottomup\.", ".bottom_up."),
        ),
    ),
    recipe=BASICIRSTD_RECIPE,
)
