"""RDIAN (Sun et al., TGRS 2023): contrast of opposite directions weighs pixels, branches see areas of several sizes.

The definition followed is the authors' (sun11999/RDIAN, `model/segmentation.py` at commit e1df518), which is the one in
XinyiYing/BasicIRSTD too. Its eight direction filters are fixed, so that they count as no parameters here.

The released code stretches images to 512 x 512 and takes -0.1246 from a grey level in 0..1, then divides by 1.0923: for
its weights, `istdbench weights import` takes `--input resize=512,mean=-31.773,sd=278.5365`.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming


def as_convolutions(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """M_c as 1 x 1 convolutions, where the released code has linear layers; M_s of mean and maximum in this order."""

    def reshaped(name: str, tensor: torch.Tensor) -> torch.Tensor:
        if name.startswith("channels.mlp.") and name.endswith(".weight"):
            return tensor[..., None, None]
        return tensor.flip(1) if name == "pixels.conv.weight" else tensor

    return {name: reshaped(name, tensor) for name, tensor in ours.items()}


RDIAN = Learned(
    name="rdian",
    summary="branches of several receptive fields, behind a first map that the contrast of opposite directions weighs",
    paper="Sun et al., Receptive-Field and Direction Induced Attention Network for Infrared Dim Small Target Detection "
    "With a Large-Scale Dataset IRDST, TGRS 2023",
    build=network("rdian", "RDIAN"),
    from_released=Renaming(
        rules=(
            (r"^residual_block(\d)\.(\d)\.layer1\.", r"branches.\1.\2.body.0."),
            (r"^residual_block(\d)\.(\d)\.layer2\.", r"branches.\1.\2.body.1."),
            (r"^conv1\.", "fine."),
            (r"^conv2\.", "coarse."),
            (r"^conv_cat\.", "fusion."),
            (r"^conv_res\.", "skip."),
            (r"^cbam\.ChannelGate\.mlp\.1\.", "channels.mlp.0."),
            (r"^cbam\.ChannelGate\.mlp\.3\.", "channels.mlp.2."),
            (r"^cbam\.SpatialGate\.spatial\.conv\.", "pixels.conv."),
            (r"^cbam\.SpatialGate\.spatial\.bn\.", "pixels.norm."),
            (r"^head\.block\.", "head."),
        ),
        unread=r"^d1[1-8]\.weight$",
        reshape=as_convolutions,
    ),
    # `train.py` at commit e1df518. Its flips are left to right alone, and its rate falls by epochs and to 1e-6.
    recipe={
        "epochs": 300,
        "batch": 8,
        "losses": {"soft_niou": 1.0},
        "optimizer": {"type": "Adagrad", "lr": 0.005, "weight_decay": 1e-4},
        "schedule": {"type": "poly"},
        "augmentation": {"crop": 480, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 2.0)},
    },
)
