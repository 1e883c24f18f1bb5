"""HDNet (Xu et al., TGRS 2025): a U-Net of contrasts, with a dynamic high-pass filter of the image beside it.

The definition followed is the authors' (iLearn-Lab/TGRS25-HDNet, `model/HDNet.py` at commit be58cb8). Its MAC modules
hold attentions that `forward` never calls; they are left out. Its weights are not in the repository.

The released code stretches images to 256 x 256 and normalises them as ImageNet's: for its weights, `istdbench weights
import` takes `--input resize=256,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375`.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import ATTENTIVE_BLOCK, Renaming

HDNET = Learned(
    name="hdnet",
    summary="U-Net of multi-scale contrasts, whose logits weigh a high-pass filtered image",
    paper="Xu et al., HDNet: A Hybrid Domain Network With Multiscale High-Frequency Information Enhancement for "
    "Infrared Small-Target Detection, TGRS 2025",
    build=network("hdnet", "HDNet", in_channels=3),
    in_channels=3,
    from_released=Renaming(
        rules=(
            (r"^conv_init\.", "stem."),
            (r"^py_init\.0\.", "details."),
            (r"^encoder_", "encoder."),
            (r"^middle_layer\.", "encoder.4."),
            (r"^decoder_", "decoder."),
            (r"^output_", "heads."),
            (r"^final\.", "fusion."),
            (r"^(encoder\.\d\.0)\.inconv\.", r"\1.entry."),
            (r"^(encoder\.\d\.0)\.conv1\.", r"\1.near."),
            (r"^(encoder\.\d\.0)\.conv2\.", r"\1.far."),
            (r"^(encoder\.\d\.0)\.conv3\.0\.", r"\1.mean."),
            (r"^(encoder\.\d\.0)\.conv4\.0\.", r"\1.ring."),
            (r"^(encoder\.\d\.0)\.conv5\.0\.", r"\1.norm."),
            (r"^(encoder\.\d\.0)\.outconv\.", r"\1.last."),
            *ATTENTIVE_BLOCK,
        ),
        unread=r"^(encoder_\d|middle_layer)\.0\.[cs]a\.",
    ),
    # `main.py` at commit be58cb8, its best epoch on the test part. Its losses weigh the images of a batch by their
    # target pixels, where `sls` and `plain_niou` take each alike. Its flips are left to right alone, and it blurs half
    # of the crops, which is not done here.
    recipe={
        "epochs": 800,
        "batch": 4,
        "losses": {"sls": 1.0},
        "warm_up": {"epochs": 6, "losses": {"plain_niou": 1.0}, "head": 1},  # p_0 alone
        "optimizer": {"type": "Adagrad", "lr": 0.05},
        "schedule": {"type": "cosine", "cycles": 16, "floor": 0.9},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 1.5)},
    },
)
