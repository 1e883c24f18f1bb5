"""ACM, asymmetric contextual modulation (Dai et al., WACV 2021): low and high levels of a network weight each other.

The definition followed is the authors' (YimianDai/open-acm, MXNet, `model/segmentation.py` and `fusion.py`). It resizes
with aligned corners and normalises the image without learned scale and offset. Others that are called ACM differ:
- `definition=pytorch` is the PyTorch port (Tianfang-Zhang/acm-pytorch, `model/segmentation.py` at commit 239a3f2). It
  resizes without aligned corners, learns scale and offset of the image, and has a 1 x 1 convolution before the fusions
  of the U-Net too, where the authors have one in the FPN only. Its training differs from the recipe here in a
  polynomial schedule and in the SoftIoU of each image.
- The port in BasicIRSTD is a method of its own, `acm_basicirstd`.
- `stem`: the authors' commands train a stem of stride 4 ("quarter"), and its costs are those that papers print. The
  weights that they released have one of stride 1 ("full"), with 15 times the multiply-accumulates.
`fusion=bi_local` and `bi_global` are the code's `BiLocalChaFuse` and `BiGlobalChaFuse`. `top_down` is G(Y) X + Y and
`bottom_up` is X + L(X) Y, the asymmetric fusion with one of its two ways. The code has only a `TopDownGlobal`, with a G
of one projection. The symbols are those of `networks.acm`.

Authors and port stretch images to 512 x 512 and normalise three channels as ImageNet's: for their weights,
`istdbench weights import` takes `--input resize=512,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375`.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.method import Learned, Option
from istdbench.methods.parts.renaming import ACM_ENCODER, IDLE_SCALE, Renaming


def build(
    backbone: str = "unet", fusion: str = "asym_bi", stem: str = "quarter", definition: str = "authors"
) -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W).

    Args:
        backbone: "unet" or "fpn".
        fusion: "asym_bi", "bi_local", "bi_global", "top_down" or "bottom_up".
        stem: "quarter" or "full".
        definition: "authors" or "pytorch".
    """
    from istdbench.methods.convolutional.networks import acm

    return acm.ACM(backbone, fusion, stem, acm.FORMS[definition])


ACM = Learned(
    name="acm",
    summary="asymmetric contextual modulation: low and high levels of a U-Net or FPN weight each other's channels",
    paper="Dai et al., Asymmetric Contextual Modulation for Infrared Small Target Detection, WACV 2021",
    options={
        "backbone": Option("unet", "decoder: U-Net with residual blocks, or feature pyramid", choices=("unet", "fpn")),
        "fusion": Option(
            "asym_bi",
            "who weights whom: both ways (the high level for the whole image, and the low one for each pixel; or both "
            "for each pixel, or both for the image), high level the low one, or low level the high one",
            choices=("asym_bi", "bi_local", "bi_global", "top_down", "bottom_up"),
        ),
        "stem": Option(
            "quarter",
            "size of the first maps: a quarter of the image's sides, or the image's (for the authors' weights)",
            choices=("quarter", "full"),
        ),
        "definition": Option(
            "authors",
            "whose code: the authors', or the port acm-pytorch, for its weights",
            choices=("authors", "pytorch"),
            implied=True,
        ),
    },
    build=build,
    in_channels=3,
    from_released=Renaming(
        rules=(
            *ACM_ENCODER,
            *((rf"^deconv{2 - i}\.", f"raisings.{i}.") for i in range(2)),
            *(
                (rf"^fuse{2 - i}{3 - i}\.feature_high\.{k}\.", f"raisings.{i}.{k + 1}.")
                for i in range(2)
                for k in range(2)
            ),
            *((rf"^fuse{2 - i}\.feature_high\.", f"entries.{i}.") for i in range(2)),
            *((rf"^fuse({2 - i}|{2 - i}{3 - i})\.", f"fusions.{i}.") for i in range(2)),
            (r"\.topdown\.", ".top_down."),
            (r"\.bottomup\.", ".bottom_up."),
            *((rf"^uplayer{2 - i}\.", f"refinements.{i}.") for i in range(2)),
        ),
        unread=IDLE_SCALE,
    ),
    recipe={
        "epochs": 300,
        "batch": 8,
        "losses": {"soft_iou": 1.0},
        "optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 1e-4},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 480, "target_bias": 0.0, "flips": True, "transpose": False, "zoom": (0.5, 2.0)},
    },
)
