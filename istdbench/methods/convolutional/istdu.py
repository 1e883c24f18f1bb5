"""ISTDU-Net (Hou et al., GRSL 2022): a U-Net that weighs groups of feature maps, with a learned memory on its skips.

The definition followed is the authors' (zhanglw882/ISTDU-Net, `model/ctNet/ctNet.py` at commit ba4e682), which
XinyiYing/BasicIRSTD has too. Of its two heads the authors' `detect.py` shows the one that draws masks; so does ours.

The released code has grey levels in 0..1 and images of their own size, with zeros around them up to the next multiple
of 128; here zeros come below and to the right. For its weights, `istdbench weights import` takes
`--input resize=none,pad=128,mean=0,sd=255`.
"""

from __future__ import annotations

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

ISTDU = Learned(
    name="istdu",
    summary="U-Net of split-attention blocks, whose skips attend to a learned memory",
    paper="Hou et al., ISTDU-Net: Infrared Small-Target Detection U-Net, GRSL 2022",
    build=network("istdu", "ISTDUNet"),
    from_released=Renaming(
        rules=(
            (r"^down\.stem\.0\.", "norm."),
            *((rf"^down\.stem\.{k}\.", f"stem.{k - 1}.") for k in (1, 2)),
            *((rf"^down\.down\.layer{i + 1}\.(\d)\.", rf"stages.{i}.\1.") for i in range(4)),
            *((rf"^DN\.X{i + 1}\.", f"skips.{i}.") for i in range(4)),
            *((rf"^up\.up{3 - i}\.", f"narrow.{i}.") for i in range(3)),
            (r"^headSeg\.head\.", "head."),
            (r"^headDet\.head\.", "side_head."),
            (r"^(stages\..*)\.downsample\.", r"\1.shortcut."),
            (r"\.conv2\.conv\.", ".body.3.splits.0."),
            (r"\.conv2\.bn0\.", ".body.3.splits.1."),
            (r"\.conv2\.fc1\.", ".body.3.weights.0."),
            (r"\.conv2\.bn1\.", ".body.3.weights.1."),
            (r"\.conv2\.fc2\.", ".body.3.weights.3."),
            (r"^(stages\..*)\.conv1\.", r"\1.body.0."),
            (r"^(stages\..*)\.bn1\.", r"\1.body.1."),
            (r"\.conv3\.", ".body.5."),
            (r"\.bn3\.", ".body.6."),
            (r"^(skips\..)\.conv1\.", r"\1.query."),
            (r"^(skips\..)\.conv2\.", r"\1.project."),
            (r"\.linear_0\.", ".keys."),
            (r"\.linear_1\.", ".values."),
        ),
    ),
    # `train_DS.py` at commit ba4e682. There RAdam looks ahead, the second head learns a dot of Gaussian shape for each
    # target where ours learns the mask too, and an image that is smaller than a crop has zeros around it. The warm-up
    # is its 50 epochs of 341 images.
    recipe={
        "epochs": 12000,
        "batch": 2,
        "losses": {"mse": 1.0},
        "optimizer": {"type": "AdamW", "lr": 1e-3, "weight_decay": 1e-4},
        "schedule": {"type": "cosine", "warmup_steps": 8500},
        "augmentation": {"crop": 512, "target_bias": 0.0, "flips": True, "transpose": False, "gain": (0.8, 1.2)},
    },
)
