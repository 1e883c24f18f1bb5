"""UIU-Net, U-Net in U-Net (Wu et al., TIP 2023): every stage of a U-Net is a small U-Net with a shortcut.

The definition followed is the authors' (danfenghong/IEEE_TIP_UIU-Net, `model/uiunet.py` and `fusion.py`). Maps are
halved with the odd row and column kept, and raised to the size of the map that they meet, so that an image may have any
size. All seven heads are supervised; the first is the one that is evaluated.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned

UIUNET = Learned(
    name="uiunet",
    summary="a U-Net of residual U-blocks with interactive-cross attention and seven supervised heads",
    paper="Wu, Hong and Chanussot, UIU-Net: U-Net in U-Net for Infrared Small Object Detection, TIP 32, 2023",
    build=network("uiunet", "UIUNet"),
    in_channels=3,
    recipe={
        "epochs": 500,
        "batch": 3,
        "losses": {"bce": 1.0},
        "optimizer": {"type": "Adam", "lr": 1e-3},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 288, "target_bias": 0.0, "flips": True, "transpose": False},
    },
)
