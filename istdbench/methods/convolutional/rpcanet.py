"""RPCANet (Wu et al., WACV 2024): robust PCA unfolded; image = background + target, split anew in every stage.

The definition followed is the authors' (fengyiwu98/RPCANet, `models/deepunfolding.py`: `RPCANet9`). The logits T of
`networks.rpcanet` are trained with the SoftIoU of each image, D of the last stage as a reconstruction with a tenth of
the mean squared error, as in the paper and in the first `train.py` (736fc0a); the later one, which serves RPCANet++
too, has a hundredth. The authors' images are grey levels in 0..1; ours are z-scores, on which the same weight counts
for more.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

RPCANET = Learned(
    name="rpcanet",
    summary="robust PCA unfolded into six stages of background, target and reconstruction",
    paper="Wu et al., RPCANet: Deep Unfolding RPCA Based Infrared Small Target Detection, WACV 2024",
    build=network("rpcanet", "RPCANet"),
    from_released=Renaming(
        rules=(
            (r"^decos\.", "stages."),
            (r"\.lowrank\.convs\.", ".background.proximal."),
            (r"\.sparse\.convs\.", ".target.gradient."),
            (r"\.sparse\.epsilon$", ".target.epsilon"),
            (r"\.merge\.mapping\.", ".reconstruction."),
        ),
    ),
    recipe={
        "epochs": 800,
        "batch": 8,
        "losses": {"soft_niou": 1.0},
        "reconstruction": 0.1,
        "optimizer": {"type": "Adam", "lr": 1e-4},
        "schedule": {"type": "poly"},
        "augmentation": {"crop": 256, "target_bias": 0.0, "flips": False, "transpose": False},
    },
)
