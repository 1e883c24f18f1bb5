"""AGPCNet (Zhang et al., TAES 2023): context from patches of four sizes, each weighed by what all patches hold.

The definition followed is the authors' (Tianfang-Zhang/AGPCNet, `agpcnet_1` in `models/__init__.py` at commit 5671b81).
Its ResNet-18 begins from ImageNet's statistics of batch norm alone, since the code draws all convolutions anew.

The released code stretches images to 256 x 256 and normalises three channels as ImageNet's: for its weights,
`istdbench weights import` takes `--input resize=256,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375`.
"""

from __future__ import annotations

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import BASIC_BLOCK, Renaming

AGPCNET = Learned(
    name="agpcnet",
    summary="attention within patches of four sizes, weighed by attention among them",
    paper="Zhang et al., Attention-Guided Pyramid Context Networks for Detecting Infrared Small Target Under Complex "
    "Background, TAES 2023, arXiv 2111.03580",
    build=network("agpcnet", "AGPCNet", in_channels=3),
    in_channels=3,
    from_released=Renaming(
        rules=(
            (r"^backbone\.conv1\.", "stem.0.0."),
            (r"^backbone\.bn1\.", "stem.0.1."),
            (r"^backbone\.layer1\.", "stem.1."),
            *((rf"^backbone\.layer{i + 2}\.", f"stages.{i}.") for i in range(3)),
            (r"\.downsample\.", ".shortcut."),
            (r"^context\.conv1\.", "pyramid.entry."),
            (r"^context\.conv2\.", "pyramid.last."),
            (r"^context\.scale_list\.", "pyramid.contexts."),
            (r"\.attention\.non_local_att\.", ".among."),
            (r"\.attention\.conv_att\.", ".weights."),
            (r"\.non_local\.", ".within."),
            (r"\.(query|key|value)_conv\.", r".\1."),
            (r"^fuse23\.", "fusions.0."),
            (r"^fuse12\.", "fusions.1."),
            (r"\.plus_conv\.", ".entry."),
            (r"\.end_conv\.", ".post."),
            (r"\.pa\.", ".from_fine."),
            (r"\.ca\.", ".from_coarse."),
            (r"^head\.block\.", "head."),
            *BASIC_BLOCK,
        ),
    ),
    # `train.py` and the README at commit 5671b81. There are 5 epochs of SIRST-Aug, whose 8525 images are 25 times the
    # 341 of NUAA-SIRST's official split: as many steps as 125 epochs of these. SIRST-Aug's cuts are drawn beforehand.
    recipe={
        "epochs": 125,
        "batch": 8,
        "losses": {"soft_niou": 1.0},
        "optimizer": {"type": "SGD", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4},
        "schedule": {"type": "poly"},
        "augmentation": {"crop": 256, "target_bias": 0.0},
    },
)
