"""MSHNet, a plain U-Net with a head on every scale (Liu et al. 2024), made for the loss that comes with it.

Source: Liu et al., Infrared Small Target Detection with Scale and Location Sensitivity, CVPR 2024, arXiv 2403.19366;
released code Lliu666/MSHNet, `model/MSHNet.py` at commit 7c5194b.

Training supervises p and each p_i of `networks.mshnet` at its own scale, by the SLS loss (`sls` of
`istdbench.training.losses`).

The released code sees images as DNANet's does.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import ATTENTIVE_BLOCK, Renaming

MSHNET = Learned(
    name="mshnet",
    summary="plain U-Net with channel and spatial attention and a supervised head on every scale",
    paper="Liu et al., Infrared Small Target Detection with Scale and Location Sensitivity, 2024, arXiv 2403.19366",
    build=network("mshnet", "MSHNet", in_channels=3),
    in_channels=3,
    from_released=Renaming(
        rules=(
            (r"^conv_init\.", "stem."),
            (r"^encoder_", "encoder."),
            (r"^middle_layer\.", "encoder.4."),
            (r"^decoder_", "decoder."),
            (r"^output_", "heads."),
            (r"^final\.", "fusion."),
            *ATTENTIVE_BLOCK,
        ),
    ),
    # `main.py` at commit 7c5194b. Its flips are left to right alone, and it blurs half of the crops, which is not done
    # here.
    recipe={
        "epochs": 400,
        "batch": 4,
        "losses": {"sls": 1.0},
        "warm_up": {"epochs": 6, "losses": {"plain_niou": 1.0}, "head": 1},  # p_0 alone
        "optimizer": {"type": "Adagrad", "lr": 0.05},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 2.0)},
    },
)
