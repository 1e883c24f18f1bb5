"""L2SKNet (Wu et al., TGRS 2024): skip connections of a U-Net by learned kernels of centre less neighbours.

The definition followed is the authors' (fengyiwu98/L2SKNet, `model/L2SKNet/L2SKNet.py` at commit b9624fe:
`L2SKNet_UNet`, the first of the four forms that it has; those on an FPN and with one-dimensional kernels are not here).

The released code has grey levels in 0..1 and images at their own size: for weights of its training, `istdbench weights
import` takes `--input resize=none,mean=0,sd=255`.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

L2SKNET = Learned(
    name="l2sknet",
    summary="U-Net whose skip connections are learned kernels of centre less neighbours, of several sizes",
    paper="Wu et al., Saliency at the Helm: Steering Infrared Small Target Detection With Learnable Kernels, TGRS 2024",
    build=network("l2sknet", "L2SKNet"),
    from_released=Renaming(
        rules=(
            *((rf"^Conv{1 + i}\.conv\.", f"encoder.{i}.") for i in range(4)),
            (r"^contrast(\d)_(\d)\.", r"contrasts.\1.branches.\2."),
            (r"^contrast3\.", "contrasts.3.branches.0."),
            (r"^contrConV_(\d)\.", r"contrasts.\1.fusion."),
            (r"\.attn\.avg_channel\.", ".theta."),
            *((rf"^Up{4 - i}\.up\.", f"enlarging.{i}.") for i in range(3)),
            *((rf"^Up_conv{4 - i}\.conv\.", f"decoder.{i}.") for i in range(3)),
            (r"^Conv\.", "head."),
        ),
    ),
    # `train_device0.py` at commit b9624fe, which sees whole images: those of IRSTD-1k have 512 pixels a side.
    recipe={
        "epochs": 400,
        "batch": 8,
        "losses": {"soft_iou": 1.0},
        "optimizer": {"type": "Adam", "lr": 5e-4},
        "schedule": {"type": "step", "milestones": (0.5, 0.75), "gamma": 0.1},
        "augmentation": {"crop": 512, "target_bias": 0.0, "flips": False, "transpose": False},
    },
)
