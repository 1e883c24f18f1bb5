"""L-RPCANet (Liu et al. 2025): RPCANet with a part for noise, bottlenecks and weighted channels.

The definition followed is the authors' (xianchaoxiu/L-RPCANet, `L-RPCANet/models/LRPCANet.py` at commit 47f8e53). It
hands image and target from stage to stage, and not the noise, which begins at zero in each; so does ours.

The code's defaults are those of its weights for NUDT-SIRST, and ours. Of its other weights, those for IRSTD-1k fit
`noise_layers=3` and those for SIRST-Aug `narrow=4`: three forms of the network, which share a name.

The released code stretches images to 256 x 256 and has grey levels in 0..1: for its weights, `istdbench weights import`
takes `--input resize=256,mean=0,sd=255`.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned, Option
from istdbench.methods.parts.renaming import Renaming


def build(narrow: int = 16, noise_layers: int = 6) -> torch.nn.Module:
    """The untrained network: images (B, 1, H, W) of any size to logits (B, 1, H, W).

    Args:
        narrow: 16 or 4.
        noise_layers: 6 or 3.
    """
    from istdbench.methods.convolutional.networks.l_rpcanet import LRPCANet

    return LRPCANet(narrow, noise_layers)


L_RPCANET = Learned(
    name="l_rpcanet",
    summary="robust PCA with noise, unfolded into six narrow stages of background, target, noise and reconstruction",
    paper="Liu et al., Lightweight Deep Unfolding Networks with Enhanced Robustness for Infrared Small Target "
    "Detection, 2025, arXiv 2509.08205",
    options={
        "narrow": Option(
            16, "channels inside the narrow chains (4 in the authors' weights for SIRST-Aug)", choices=(16, 4)
        ),
        "noise_layers": Option(
            6, "inner convolutions of the noise's chain (3 in the authors' weights for IRSTD-1k)", choices=(6, 3)
        ),
    },
    build=build,
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
