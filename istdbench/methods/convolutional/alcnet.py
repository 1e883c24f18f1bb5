"""ALCNet, attentional local contrast network (Dai et al., TGRS 2021): the patch contrast of MPCM on learned maps.

The definition followed is the authors' (YimianDai/open-alcnet, MXNet, `model/contrast.py`: `MPCMResNetFPN`) in the form
of the weights that they released: bottom-up point-wise fusion, r = 1, b = 4, both shifts (on SIRST, the weights score
far less with one). The network of the same name that goes round in PyTorch has no cyclic shift, so no local contrast:
it is an FPN with attention. The encoder is ACM's with the full stem. An image may have any size; a shift wider than a
map goes round more than once.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import ACM_ENCODER, IDLE_SCALE, Renaming

ALCNET = Learned(
    name="alcnet",
    summary="attentional local contrast: MPCM's contrast of opposite sides, on the feature maps of a residual network",
    paper="Dai et al., Attentional Local Contrast Networks for Infrared Small Target Detection, TGRS 2021",
    build=network("alcnet", "ALCNet"),
    in_channels=3,
    from_released=Renaming(
        rules=(
            *ACM_ENCODER,
            (r"^dec_c2\.", "reduce_middle."),
            (r"^dec_c3\.", "reduce_high."),
            (r"^bottomuplocal_fpn_2\.", "fuse_middle."),
            (r"^bottomuplocal_fpn_1\.", "fuse_low."),
            (r"\.bn1\.", ".high_norm."),
            (r"\.bn2\.", ".low_norm."),
            (r"\.bottomup_att\.", ".bottom_up."),
        ),
        unread=IDLE_SCALE,
    ),
    recipe={
        "epochs": 300,
        "batch": 2,
        "losses": {"soft_iou": 1.0},
        "optimizer": {"type": "Adagrad", "lr": 0.1, "weight_decay": 1e-4},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 480, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 2.0)},
    },
)
