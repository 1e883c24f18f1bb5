"""RPCANet++ (Wu et al. 2025): RPCANet with a memory of the background, and contrast before the target's update.

The definition followed is the authors' (fengyiwu98/RPCANet, `models/deepunfolding.py` at commit 25da080:
`RPCANet_LSTM`). Their weights are those of 3, 6 and 9 stages. The code's first stage also builds what would read an
earlier stage's memory, 46,240 parameters that are never read: the published sizes do not count them, and they are not
here.

The authors report IoU 74.76 on NUAA-SIRST (official split), 94.39 on NUDT-SIRST and 64.93 on IRSTD-1k for 6 stages.

The released code stretches images to 256 x 256 and has grey levels in 0..1: for its weights, `istdbench weights import`
takes `--input resize=256,mean=0,sd=255`.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned, Option
from istdbench.methods.parts.renaming import Renaming


def build(stages: int = 6) -> torch.nn.Module:
    """The untrained network: images (B, 1, H, W) of any size to logits (B, 1, H, W).

    Args:
        stages: 3, 6 or 9.
    """
    from istdbench.methods.convolutional.networks.rpcanet_pp import RPCANetPP

    return RPCANetPP(stages)


RPCANET_PP = Learned(
    name="rpcanet_pp",
    summary="RPCANet with a convolutional LSTM from stage to stage and a learned contrast before the target's update",
    paper="Wu et al., RPCANet++: Deep Interpretable Robust PCA for Sparse Object Segmentation, 2025, arXiv 2508.04190",
    options={"stages": Option(6, "stages in a row, each with weights of its own", choices=(3, 6, 9))},
    build=build,
    from_released=Renaming(
        rules=(
            (r"^decos\.", "stages."),
            (r"\.lowrank\.conv1_C\.", ".background.before."),
            (r"\.lowrank\.RB_1\.", ".background.before.3."),
            (r"\.lowrank\.RB_2\.", ".background.after.0."),
            (r"\.lowrank\.convC_1\.", ".background.after.1."),
            (r"\.(before\.3|after\.0)\.conv1\.", r".\1.body.0."),
            (r"\.(before\.3|after\.0)\.conv2\.", r".\1.body.2."),
            (r"\.lowrank\.ConvLSTM\.conv_x(.)\.", r".background.memory.\1.of_map."),
            (r"\.lowrank\.ConvLSTM\.conv_h(.)\.", r".background.memory.\1.of_hidden."),
            (r"\.memory\.f\.", ".memory.forget."),
            (r"\.memory\.i\.", ".memory.enter."),
            (r"\.memory\.o\.", ".memory.leave."),
            (r"\.memory\.j\.", ".memory.candidate."),
            (r"\.sparse\.convs\.", ".target.gradient."),
            (r"\.sparse\.", ".target."),
            (r"\.attn\.avg_channel\.", ".weights."),
            (r"\.merge\.mapping\.", ".reconstruction."),
        ),
        unread=r"^decos\.0\.lowrank\.ConvLSTM\.conv_(xf|h.)\.",
    ),
    # `run.py` and `train.py` at commit 25da080. The images of NUAA-SIRST and SIRST-Aug are flipped and transposed
    # there, those of NUDT-SIRST and IRSTD-1k are not. As with `rpcanet`, the authors' grey levels are in 0..1 and ours
    # z-scores, on which `reconstruction` counts for more.
    recipe={
        "epochs": 800,
        "batch": 8,
        "losses": {"soft_niou": 1.0},
        "reconstruction": 0.01,
        "optimizer": {"type": "Adam", "lr": 1e-4},
        "schedule": {"type": "poly"},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": True, "transpose": True},
    },
)
