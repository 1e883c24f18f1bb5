"""L-RPCANet (Liu et al. 2025): RPCANet with a part for noise, bottlenecks and weighted channels.

The definition followed is the authors' (xianchaoxiu/L-RPCANet, `L-RPCANet/models/LRPCANet.py` at commit 47f8e53). It
hands image and target from stage to stage, and not the noise, which begins at zero in each; so does ours.

The released code stretches images to 256 x 256 and has grey levels in 0..1: for its weights, `istdbench weights import`
takes `--input resize=256,mean=0,sd=255`.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

L_RPCANET = Learned(
    name="l_rpcanet",
    summary="robust PCA with noise, unfolded into six narrow stages of background, target, noise and reconstruction",
    paper="Liu et al., Lightweight Deep Unfolding Networks with Enhanced Robustness for Infrared Small Target "
    "Detection, 2025, arXiv 2509.08205",
    build=network("l_rpcanet", "LRPCANet"),
    from_released=Renaming(
        rules=(
            (r"^decos\.", "stages."),
            (r"\.lowrank\.", ".proximal."),
            (r"\.sparse\.epsilon$", ".target.step"),
            (r"\.residual\.sigma$", ".noise.step"),
            (r"\.sparse\.", ".target.gradient."),
            (r"\.residual\.", ".noise.gradient."),
            (r"\.merge\.", ".reconstruction."),
            (r"\.(convs|mapping)\.", ".body."),
            (r"\.channel_attention\.excitation\.", ".excitation.mlp."),
            (r"\.final_conv\.", ".last."),
        ),
    ),
    # `main.py` and `train.py` at commit 47f8e53. The images of SIRST-Aug alone are flipped and transposed there. As
    # with `rpcanet`, the authors' grey levels are in 0..1 and ours z-scores, on which `reconstruction` counts for more.
    recipe={
        "epochs": 400,
        "batch": 8,
        "losses": {"soft_niou": 1.0},
        "reconstruction": 0.1,
        "optimizer": {"type": "Adam", "lr": 1e-4},
        "schedule": {"type": "poly"},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": False, "transpose": False},
    },
)
