"""UIU-Net, U-Net in U-Net (Wu et al., TIP 2023): every stage of a U-Net is a small U-Net with a shortcut.

The definition followed is the authors' (danfenghong/IEEE_TIP_UIU-Net, `model/uiunet.py` and `fusion.py`). Maps are
halved with the odd row and column kept, and raised to the size of the map that they meet, so that an image may have any
size. All seven heads are supervised; the first is the one that is evaluated.

The authors' code stretches images to 320 x 320 and divides each by its largest value before it normalises, for which
`istdbench weights import` has no word.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

LEVELS = {"encoder": (7, 6, 5, 4, 4, 4), "decoder": (4, 4, 5, 6, 7)}
"""Of the residual U-block of each stage."""

UIUNET = Learned(
    name="uiunet",
    summary="a U-Net of residual U-blocks with interactive-cross attention and seven supervised heads",
    paper="Wu, Hong and Chanussot, UIU-Net: U-Net in U-Net for Infrared Small Object Detection, TIP 32, 2023",
    build=network("uiunet", "UIUNet"),
    in_channels=3,
    from_released=Renaming(
        rules=(
            *((rf"^stage{i + 1}\.", f"encoder.{i}.") for i in range(6)),
            *((rf"^stage{5 - i}d\.", f"decoder.{i}.") for i in range(5)),
            (r"\.rebnconvin\.", ".entry."),
            *(
                rule
                for side, stages in LEVELS.items()
                for i, levels in enumerate(stages)
                for rule in (
                    (rf"^({side}\.{i})\.rebnconv{levels}\.", r"\1.bottom."),
                    *((rf"^({side}\.{i})\.rebnconv{k}\.", rf"\1.down.{k - 1}.") for k in range(1, levels)),
                    *((rf"^({side}\.{i})\.rebnconv{k}d\.", rf"\1.up.{levels - 1 - k}.") for k in range(1, levels)),
                )
            ),
            (r"\.conv_s1\.", ".0."),
            (r"\.bn_s1\.", ".1."),
            *((rf"^side{i + 1}\.", f"sides.{i}.") for i in range(6)),
            (r"^outconv\.", "merge."),
            *((rf"^fuse{5 - i}\.", f"fusions.{i}.") for i in range(4)),
            (r"\.feature_high\.", ".high."),
            (r"\.topdown\.", ".top_down."),
            (r"\.bottomup\.([01])\.", r".bottom_up.0.\1."),
            (r"\.bottomup\.3\.conv1\.", ".bottom_up.1.conv."),
        ),
    ),
    recipe={
        "epochs": 500,
        "batch": 3,
        "losses": {"bce": 1.0},
        "optimizer": {"type": "Adam", "lr": 1e-3},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 288, "target_bias": 0.0, "flips": True, "transpose": False},
    },
)
