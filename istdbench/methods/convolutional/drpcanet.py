"""DRPCA-Net (Xiong et al., TGRS 2025): RPCANet whose steps follow from the image, and a residual group with attention.

The definition followed is the authors' (GrokCV/DRPCA-Net, `models/DRPCANet.py` at commit fe8250c).

The authors report IoU 75.52 on NUAA-SIRST (official split), 94.16 on NUDT-SIRST and 64.14 on IRSTD-1k, each the best of
all epochs on the test images; by their logs the last epoch on NUAA-SIRST has 73.42.

The released code stretches images to 256 x 256 and has grey levels in 0..1: for its weights, `istdbench weights import`
takes `--input resize=256,mean=0,sd=255`.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

DRPCANET = Learned(
    name="drpcanet",
    summary="robust PCA unfolded into six stages whose steps follow from the image, with attention in the image's own",
    paper="Xiong et al., DRPCA-Net: Make Robust PCA Great Again for Infrared Small Target Detection, TGRS 2025, "
    "arXiv 2507.09541",
    build=network("drpcanet", "DRPCANet"),
    from_released=Renaming(
        rules=(
            (r"^decos\.", "stages."),
            (r"\.lowrank\.convs\.", ".background.proximal."),
            (r"\.sparse\.convs\.", ".target.gradient."),
            *(
                (rf"\.sparse\.{name}_generator\.generator\.{layer + 1}\.", f".target.{name}.mlp.{layer}.")
                for name in ("gamma", "epsilon")
                for layer in (0, 2)
            ),
            (r"\.merge\.mapping\.", ".reconstruction."),
            (r"\.reconstruction\.3\.body\.5\.", ".reconstruction.3.last."),
            (r"\.reconstruction\.3\.body\.(\d)\.", r".reconstruction.3.blocks.\1."),
            (r"\.body\.5\.fc\.", ".channels.mlp."),
            *((rf"\.body\.6\.kernel_generator\.{layer + 1}\.", f".pixels.kernel.{layer}.") for layer in (0, 2)),
        ),
    ),
    # `run_config.py` and `train.py` at commit fe8250c, as in the logs beside the weights. The images of NUAA-SIRST and
    # SIRST-Aug are flipped and transposed there, those of NUDT-SIRST and IRSTD-1k are not. As with `rpcanet`, the
    # authors' grey levels are in 0..1 and ours z-scores, on which `reconstruction` counts for more.
    recipe={
        "epochs": 400,
        "batch": 8,
        "losses": {"soft_niou": 1.0},
        "reconstruction": 0.1,
        "optimizer": {"type": "Adam", "lr": 1e-4},
        "schedule": {"type": "poly"},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": True, "transpose": True},
    },
)
