"""DTUM (Li et al., TNNLS 2023), on a residual U-Net: five frames, of which the directions of movement are coded.

The definition followed is the authors' (TinaLRJ/Multi-frame-infrared-small-target-detection-DTUM at commit 61053d8,
`ResUNet_DTUM`). Its training never reaches the coarse levels of the temporal module, see `TemporalUModule`. In a test
the released code keeps the features of frames from one window to the next; here each window is computed by itself,
which gives the same scores, and `probe` counts all five frames.

Which pixel of four holds the maximum is a choice that rounding can turn, and its code jumps: an ONNX file, whose
runtime sums in another order, gives other scores and is refused by `export`. TorchScript gives the same.

For the weights released with it, `istdbench weights import` takes `--input resize=none,mean=105.4025,sd=26.6452`, and
for those of SatVideoIRSTD `resize=none,mean=111.47,sd=22.43`.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import BASIC_BLOCK, Renaming


def as_planes(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The last two convolutions see one frame: their kernels have no depth here, and one of 1 in the released code."""
    return {
        name: tensor[:, :, 0] if name.startswith("temporal.head.") and tensor.ndim == 5 else tensor
        for name, tensor in ours.items()
    }


DTUM = Learned(
    name="dtum",
    summary="a small U-Net on each of five frames, then convolutions along time that code directions of movement",
    paper="Li et al., Direction-Coded Temporal U-Shape Module for Multiframe Infrared Small Target Detection, TNNLS "
    "2023",
    build=network("dtum", "DTUM"),
    frames=5,
    from_released=Renaming(
        rules=(
            *((rf"^UNet\.conv{k}_0\.", f"frame.down.{k}.") for k in range(4)),
            *((rf"^UNet\.conv{2 - k}_{k + 1}\.", f"frame.up.{2 - k}.") for k in range(3)),
            (r"^UNet\.final\.", "frame.features."),
            *BASIC_BLOCK,
            (r"^DTUM\.bn0\.", "temporal.norm."),
            *((rf"^DTUM\.conv{k + 1}_1\.", f"temporal.down.{k}.conv.") for k in range(4)),
            *((rf"^DTUM\.bn{k + 1}_1\.", f"temporal.down.{k}.norm.") for k in range(4)),
            *((rf"^DTUM\.conv{k + 1}_2\.", f"temporal.up.{k}.conv.") for k in range(3)),
            *((rf"^DTUM\.bn{k + 1}_2\.", f"temporal.up.{k}.norm.") for k in range(3)),
            (r"^DTUM\.final\.", "temporal.head."),
        ),
        reshape=as_planes,
    ),
    # `train.py` at commit 61053d8, on whole images of at most 512 x 512 that are filled up to it.
    recipe={
        "epochs": 20,
        "batch": 1,
        "losses": {"soft_iou": 1.0},
        "optimizer": {"type": "Adam", "lr": 0.001, "betas": (0.9, 0.99)},
        "schedule": {"type": "step", "milestones": tuple(epoch / 20 for epoch in range(3, 20, 3)), "gamma": 0.5},
        "augmentation": {"crop": 512, "target_bias": 0.0, "flips": False, "transpose": False},
    },
)
