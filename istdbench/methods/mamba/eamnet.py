"""EAMNet (Jiang et al., TGRS 2025): a small U-Net of Mambas, and learned filters of the image before it.

The definition followed is the authors' (jiangjin1246/EAMNet, `models/EAMNet.py` at commit f54e123); see
`istdbench.methods.mamba.eam` for what its filters do with the channels of the image. The filters act on the image as it
was normalised, negative levels included, and what comes out is normalised once more; so with ours.

The released code stretches images to 512 x 512 and normalises three channels as ImageNet's: for its weights,
`istdbench weights import` takes `--input resize=512,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375`.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import CAUSAL_MAMBA, Renaming, of_one_direction


def build() -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W)."""
    from istdbench.methods.mamba.eam.unet import EAMNet

    return EAMNet()


EAMNET = Learned(
    name="eamnet",
    summary="small U-Net of convolutions and Mambas on the image and on the image after learned filters",
    paper="Jiang et al., EAMNet: Efficient Adaptive Mamba Network for Infrared Small Target Detection, TGRS 2025",
    build=build,
    in_channels=3,
    from_released=Renaming(
        rules=(
            (r"^AFM\.model_pp\.", "filters.strengths."),
            *((rf"^encoder{i + 1}\.0\.", f"encoder.{i}.") for i in range(6)),
            *((rf"^ebn{i + 1}\.", f"encoder_norms.{i}.") for i in range(5)),
            *((rf"^decoder{i + 1}\.0\.", f"decoder.{i}.") for i in range(5)),
            *((rf"^dbn{i + 1}\.", f"decoder_norms.{i}.") for i in range(5)),
            (r"^sasam\.satt\.shared_conv2d\.0\.", "attention.conv."),
            (r"^sasam\.satt\.a$", "attention.mean"),
            (r"^sasam\.satt\.b$", "attention.maximum"),
            (r"^final\.", "head."),
            (r"\.skip_scale$", ".skip"),
            *CAUSAL_MAMBA,
        ),
        reshape=of_one_direction,
    ),
    # `train.py` and `configs/config_setting.py` at commit f54e123. Its rate swings between 0.001 and 0.00001 every 50
    # epochs. Its flips are left to right alone, and it blurs half of the crops, which is not done here.
    recipe={
        "epochs": 3000,
        "batch": 8,
        "losses": {"bce": 1.0, "dice": 1.0},
        "optimizer": {"type": "AdamW", "lr": 1e-3, "weight_decay": 1e-2},
        "schedule": {"type": "cosine", "cycles": 30, "floor": 0.01},
        "augmentation": {"crop": 512, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 2.0)},
    },
)
