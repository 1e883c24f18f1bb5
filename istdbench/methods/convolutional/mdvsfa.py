"""MDvsFA (Wang et al. 2019): one generator that misses little, one that raises few false alarms; their maps' mean.

Source: Wang, Zhou and Wang, Miss Detection vs. False Alarm: Adversarial Learning for Small Object Segmentation in
Infrared Images, ICCV 2019; released code wanghuanphd/MDvsFA_cGAN, `demo_MDvsFA_pytorch.py` at commit a077ba9.

The released code has two slips. Class scores go through a softmax and then into a cross-entropy of their sigmoid: so do
ours, since the weights of the other terms were chosen beside this one. The schedule lowers the second generator's rate
twice and the discriminator's never: ours lowers each once. Images there lie in -1..1, here the protocol normalises.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

PATCH = 128
"""Side in pixels of what the discriminator judges."""


MDVSFA = Learned(
    name="mdvsfa",
    summary="two generators of dilated convolutions, against missed targets and against false alarms",
    paper="Wang et al., Miss Detection vs. False Alarm: Adversarial Learning for Small Object Segmentation, ICCV 2019",
    build=network("mdvsfa", "MDvsFA"),
    from_released=Renaming(
        rules=(
            *((rf"^g1_conv{k}\.", f"generators.0.layers.{k - 1}.0.") for k in range(1, 9)),
            *((rf"^g1_bn{k}\.", f"generators.0.layers.{k - 1}.1.") for k in range(1, 9)),
            (r"^g1_conv9\.", "generators.0.head."),
            *((rf"^g2_conv{k}\.", f"generators.1.down.{k - 1}.0.") for k in range(1, 9)),
            *((rf"^g2_bn{k}\.", f"generators.1.down.{k - 1}.1.") for k in range(1, 9)),
            *((rf"^g2_conv{k}\.", f"generators.1.up.{k - 9}.0.") for k in range(9, 14)),
            *((rf"^g2_bn{k}\.", f"generators.1.up.{k - 9}.1.") for k in range(9, 14)),
            (r"^g2_conv14\.", "generators.1.head."),
        ),
    ),
    discriminator=network("mdvsfa", "MaskDiscriminator", patch=PATCH),
    # The released code's 30 epochs are of 10,000 patches with a target in each: as many are 880 of NUAA-SIRST's 341
    # images. Its rates fall before epochs 10, 20 and 30.
    recipe={
        "epochs": 880,
        "batch": 20,
        "losses": {},
        "adversarial": {
            "miss": (10_000.0, 100.0),
            "false_alarm": (100.0, 1_000.0),
            "deception": 10.0,
            "consistency": 1.0,
            "lr": 1e-5,
        },
        "optimizer": {"type": "Adam", "lr": 1e-4, "betas": (0.5, 0.999)},
        "schedule": {"type": "step", "milestones": (9 / 30, 19 / 30, 29 / 30), "gamma": 0.2},
        "augmentation": {"crop": PATCH, "target_bias": 1.0, "flips": False, "transpose": False},
    },
)
