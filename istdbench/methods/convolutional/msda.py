"""MSDA-Net (Zhao et al., TGRS 2025): units that see several scales and four directions, and the image's own details.

The definition followed is the authors' (YuChuang1205/MSDA-Net, `model/MSDA_Net/MSDA.py` at commit decafae). Its Haar
filters are fixed, so that they count as no parameters here, and are sums and differences in the place of convolutions;
their gradient is computed in half precision there. A 1 x 1 convolution in each of its MLCL modules is never run, and is
not here.

The authors report IoU 81.1 on NUAA-SIRST (341 / 86 images), 80.0 on its older split (224 / 96), 93.8 on NUDT-SIRST
(1:1; 95.0 at 10:3) and 71.9 on IRSTD-1k, each the best of all epochs on the test images. Their weights lie outside the
repository.

The released code stretches images to 512 x 512, those of NUDT-SIRST to 256 x 256, and has grey levels in 0..1: for its
weights, `istdbench weights import` takes `--input resize=512,mean=0,sd=255`.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

BANDS = ("LL", "LH", "HL", "HH")


def side_by_side(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The convolutions of the four bands as one in groups."""
    joined, first = {}, f".{BANDS[0]}."
    for name, tensor in ours.items():
        if first in name:
            joined[name.replace(first, ".")] = torch.cat([ours[name.replace(first, f".{band}.")] for band in BANDS])
        elif not any(f".{band}." in name for band in BANDS):
            joined[name] = tensor
    return joined


MSDA = Learned(
    name="msda",
    summary="MSDA-Net: units of several scales weighed by four directions, details of the image injected beside them",
    paper="Zhao et al., Multi-Scale Direction-Aware Network for Infrared Small Target Detection, TGRS 2025, "
    "arXiv 2406.02037",
    build=network("msda", "MSDANet"),
    in_channels=3,
    from_released=Renaming(
        rules=(
            (r"^stage\.layer1\.", "encoder.entry."),
            (r"^stage\.layer5_4\.", "encoder.joint."),
            *((rf"^stage\.layer{i + 1}_4\.\d\.", f"encoder.summaries.{i}.") for i in range(4)),
            *((rf"^stage\.resnet{i + 1}_1\.", f"encoder.steps.{i}.") for i in range(5)),
            (r"^(encoder\.steps\.\d)\.layer1?\.", r"\1.body."),
            (r"^(encoder\.steps\.\d)\.layer2\.", r"\1.shortcut."),
            *((rf"^stage\.resnet{i + 1}_{k + 2}\.", f"encoder.units.{i}.{k}.") for i in range(5) for k in range(2)),
            *((rf"^mlcl{i + 1}\.", f"contrasts.{i}.") for i in range(5)),
            *((rf"^sbam{4 - i}\.", f"fusions.{i}.") for i in range(4)),
            (r"^layer\.", "head."),
            (r"\.branch(\d)\.(\d)\.conv\.", r".branches.\1.\2.0."),
            (r"\.branch(\d)\.(\d)\.bn\.", r".branches.\1.\2.1."),
            (r"\.FrequencyAttention\.(..)_reduce\.conv\.", r".awareness.weights.\1."),
            (r"\.FrequencyAttention\.conv_res\.", ".awareness.conv."),
            (r"\.SEAttention\.fc\.", ".channels.mlp."),
            *(
                (rf"\.{theirs}\.{layer}\.", f".{ours}.{k}.")
                for theirs, ours in (("conv_cat", "fusion"), ("conv_res", "last"))
                for k, layer in enumerate(("conv", "bn"))
            ),
            (r"\.concat_layer\.", ".joint."),
            (r"\.hl_layer\.", ".narrow."),
        ),
        unread=r"DWT_2D|^mlcl\d\.conv_res\.",
        reshape=side_by_side,
    ),
    # `train_MSDA_Net.py` at commit decafae, in half precision. Half of its images are turned, shifted, enlarged, made
    # brighter or noisy too, three changes of twelve at a time; of these we have the flips, the transpose and a gain.
    recipe={
        "epochs": 500,
        "batch": 4,
        "losses": {"soft_niou": 1.0},
        "optimizer": {"type": "Adam", "lr": 1e-4},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 512, "target_bias": 0.0, "flips": True, "transpose": True, "gain": (0.8, 1.2)},
    },
)
