"""LW-IRSTNet (Kou et al., TGRS 2023): a small encoder and decoder of bottlenecks with cheap convolutions.

The definition followed is the authors' (kourenke/LW-IRSTNet, `IRSTD_streamlit/models/LW_IRST_Net/LW_IRST_ablation.py`
at commit 8643bb0), with asymmetric kernels of 7 pixels as its weights have them. Its layers of other ablations, which
`forward` never calls, are left out. Those weights (`LW_IRST.pkl`) were trained on four data sets together, NUAA-SIRST
with its official split and SIRST-Aug, which is made of NUAA's images, among them.

The released code stretches images to 256 x 256 and normalises them as ImageNet's: for its weights, `istdbench weights
import` takes `--input resize=256,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375`.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

LW_IRSTNET = Learned(
    name="lw_irstnet",
    summary="small encoder and decoder: depthwise, atrous and asymmetric convolutions in bottlenecks",
    paper="Kou et al., LW-IRSTNet: Lightweight Infrared Small Target Segmentation Network and Application Deployment, "
    "TGRS 2023",
    build=network("lw_irstnet", "LWIRSTNet"),
    in_channels=3,
    from_released=Renaming(
        rules=(
            (r"^initial_block\.main_branch\.", "stem.conv."),
            (r"^initial_block\.batch_norm\.", "stem.norm."),
            (r"^initial_block\.out_activation\.", "stem.activation."),
            (r"^downsample1_0\.", "middle.0."),
            (r"^regular1_(\d)\.", r"middle.\1."),
            (r"^downsample2_0\.", "coarse.0."),
            (r"^[A-Z][a-z]+2_(\d)\.", r"coarse.\1."),
            *((rf"^[A-Z][a-z]+3_{i}\.", f"coarse.{8 + i}.") for i in range(1, 9)),
            *((rf"^transposed{4 + i}_conv\.", f"enlarging.{i}.") for i in range(3)),
            *((rf"^regular{4 + i}_{1 + k}\.", f"decoder.{i}.{k}.") for i in range(2) for k in range(2)),
            (r"\.dw_conv_k3\.", "."),
            *((rf"\.ext_conv{1 + i}\.", f".body.{i}.") for i in range(3)),
            (r"\.out_activation\.", ".activation."),
        ),
        unread=r"^(ext_)?conv[123]\.",
    ),
    # No training code is public. The loss is that of `utils/loss.py`, the augmentation that of `utils/data.py`, which
    # blurs half of the crops too; optimizer and schedule are those of acm-pytorch, whose loop those files are made for.
    recipe={
        "epochs": 300,
        "batch": 8,
        "losses": {"soft_niou": 1.0},
        "optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 1e-4},
        "schedule": {"type": "poly"},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 2.0)},
    },
)
