"""DeepPro (Li et al., TPAMI 2026): a temporal probe over forty frames; multiplications go along time alone.

The definition followed is the authors' (TinaLRJ/DeepPro at commit 8fa1a68, `networks/models/DeepPro.py`). It gives maps
of all forty frames at once, and is trained and tested on all of them: a frame is told by those after it as well. Here a
method tells the last frame of its window, so that it could run as frames come in. So its training here is on the last
frame's mask alone, and a figure of it is of another task than a published one. DeepPro-Plus is not here.
Where its authors write "192 KB", these are 49,129 parameters of four bytes.

For the weights released with it, `istdbench weights import` takes `--input resize=none,mean=105.4025,sd=26.6452`.
"""

from __future__ import annotations

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

DEEPPRO = Learned(
    name="deeppro",
    summary="the levels of each pixel over forty frames as a signal: differences and maps along time at three scales",
    paper="Li et al., Probing Deep into Temporal Profile Makes the Infrared Small Target Detector Much Better, TPAMI "
    "2026, arXiv 2506.12766",
    build=network("deeppro", "DeepPro"),
    frames=40,
    from_released=Renaming(
        rules=(
            (r"^conv_in\.", "stem."),
            (r"^layer1\.0\.", "scales.0.1."),
            (r"^layer1\.1\.", "scales.0.3."),
            (r"^layer2\.1\.", "scales.1.1."),
            (r"^layer2\.2\.", "scales.1.3."),
            (r"^layer3\.1\.", "scales.2.1."),
            (r"^layer3\.3\.", "scales.2.3."),
            *((rf"\.conv{k + 1}\.", f".body.{3 * k}.") for k in range(3)),
            *((rf"\.bn{k + 1}\.", f".body.{3 * k + 1}.") for k in range(3)),
            *((rf"^TPro{k + 1}\.", f"probes.{k}.") for k in range(3)),
            (r"\.QK_heads\.", ".over_time."),
            (r"\.norm1\.", ".norm."),
            (r"^(probes\.\d)\.conv\.", r"\1.mix."),
            *((rf"^conv_out1_{k + 1}\.", f"narrow.{k}.") for k in range(3)),
            (r"^conv_out2\.", "fusion."),
            (r"^final\.", "head."),
        ),
    ),
    # `train.py` at commit 8fa1a68 with `--seqlen 40`; there an epoch is a tenth of the windows.
    recipe={
        "epochs": 32,
        "batch": 4,
        "losses": {"plain_niou": 1.0},
        "optimizer": {"type": "Adam", "lr": 0.001, "weight_decay": 1e-4},
        "schedule": {"type": "step", "milestones": (10 / 32, 20 / 32, 30 / 32), "gamma": 0.7},
        "augmentation": {"crop": 128, "target_bias": 0.75, "flips": False, "transpose": False},
    },
)
