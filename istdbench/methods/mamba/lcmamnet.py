"""LCMamNet (2026): a small U-Net of cross-shaped convolutions whose coarser maps are mixed by Mambas as one sequence.

The definition followed is the authors' (Haoyu096/LCMamNet, `models/LCMamNet.py` at commit aaefefc). Its Mamba is that
of mamba-ssm, whose kernels need a GPU; ours runs on `istdbench.ops`, so on a CPU too. Two things differ, neither of
which changes a finite map of an image whose sides are multiples of 16. The code replaces NaN by zero in its maps, and
infinite numbers by ±10,000; ours leaves them to be seen. It enlarges maps of odd sides to fit; ours fills the image up
with zeros. The authors see images of 256 x 256 pixels alone.

What they publish as 6.91 GFLOPs is not counted in a way that they state: their layers have 5.07 G multiply-accumulates
at 256 x 256 without the scans, and ours has 5.48 G with them.

The authors report IoU 79.60 on NUAA-SIRST (340 / 85 images of the official split), 95.58 on NUDT-SIRST and 71.25 on
IRSTD-1k, each the best of all epochs on the test images.

The released code stretches images to 256 x 256 and has z-scores of each data set: for its weights, `istdbench weights
import` takes `--input resize=256,mean=101.063844,sd=34.6195905` for NUAA-SIRST, `mean=107.808753,sd=33.0225` for
NUDT-SIRST, `mean=87.4661985,sd=39.7194645` for IRSTD-1k.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import CAUSAL_MAMBA, Renaming, of_one_direction


def build() -> torch.nn.Module:
    """The untrained network: images (B, 1, H, W) of any size to logits (B, 1, H, W)."""
    from istdbench.methods.mamba.lcmam.lcmamnet_unet import LCMamNet

    return LCMamNet()


LCMAMNET = Learned(
    name="lcmamnet",
    summary="small U-Net of cross-shaped convolutions, whose coarser maps two-way Mambas mix as one sequence",
    paper="LCMamNet: A Lightweight Cross-scale Mamba Network for Infrared Small Target Detection, 2026",
    build=build,
    from_released=Renaming(
        rules=(
            (r"^inc\.(\d)\.conv\.", r"entry.\1."),
            *((rf"^stage{i + 1}\.", f"encoder.{i}.") for i in range(4)),
            (r"^stageA\.", "fusions.0."),
            (r"^stageB\.", "fusions.1."),
            *((rf"^up{4 - i}\.", f"decoder.{i}.") for i in range(4)),
            (r"^outc\.", "head."),
            *((rf"\.{side}\.1\.", f".arms.{i}.") for i, side in enumerate(("left", "right", "top", "bottom"))),
            (r"^(entry\.\d|encoder\.\d\.conv)\.bn\.", r"\1.norm."),
            (r"\.conv\.arms\.", ".cross.arms."),
            (r"^(encoder\.\d)\.conv\.", r"\1.cross."),
            (r"\.sba\.mlp_x\.(\d)\.", r".selection.of_skip.\1."),
            (r"\.sba\.mlp_g\.(\d)\.", r".selection.of_coarse.\1."),
            (r"^(decoder\.\d)\.conv\.(\d)\.conv\.", r"\1.conv.\2.0."),
            (r"^(decoder\.\d)\.conv\.(\d)\.bn\.", r"\1.conv.\2.1."),
            (r"\.projs_in\.", ".entries."),
            (r"\.projs_out\.", ".exits."),
            (r"\.bn\.", ".norm."),
            (r"\.mixer\.mamba_fwd\.", ".mixer.ahead."),
            (r"\.mixer\.mamba_bwd\.", ".mixer.behind."),
            *CAUSAL_MAMBA,
            (r"\.dwconv3x3\.", ".near."),
            (r"\.dwconv5x5\.", ".far."),
        ),
        reshape=of_one_direction,
    ),
    # `train.py` at commit aaefefc. Its rate rises by epochs, five of them, which are 140 steps on NUAA-SIRST's 340
    # images, and it stops where 240 epochs bring no better IoU on the test images, which is not done here.
    recipe={
        "epochs": 800,
        "batch": 12,
        "losses": {"bce": 0.3, "soft_iou": 0.7},
        "optimizer": {"type": "AdamW", "lr": 1e-3, "weight_decay": 5e-2},
        "schedule": {"type": "cosine", "warmup_steps": 140, "floor": 0.01},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": False, "transpose": False},
        "clip_norm": 1.0,
    },
)
