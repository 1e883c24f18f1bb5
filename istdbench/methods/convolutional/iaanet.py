"""IAANet (Wang et al., TGRS 2022): it proposes regions, and attends among the pixels within them.

The definition followed is the authors' (kwwcv/iaanet at commit ff97767, with the options of its `train.py` and
`test.py`). It has 18.25 M parameters. The MiM-ISTD paper's row of 14.05 M is what thop counts of it: without the
projections of the four attentions, 4.20 M.

The released code has grey levels in 0..1 and images of their own size: for its weights, `istdbench weights import`
takes `--input resize=none,pad=1,mean=0,sd=255`.
"""

from __future__ import annotations

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import BASIC_BLOCK, Renaming

IAANET = Learned(
    name="iaanet",
    summary="proposes regions, then attends among the pixels within them",
    paper="Wang et al., Interior Attention-Aware Network for Infrared Small Target Detection, TGRS 2022",
    build=network("iaanet", "IAANet"),
    from_released=Renaming(
        rules=(
            (r"^region_module\.backbone\.body\.conv1\.", "proposals.stem.0.0."),
            (r"^region_module\.backbone\.body\.bn1\.", "proposals.stem.0.1."),
            *((rf"^region_module\.backbone\.body\.layer{i + 1}\.", f"proposals.stages.{i}.") for i in range(3)),
            (r"^region_module\.backbone\.detect\.", "proposals.cells."),
            (r"\.downsample\.", ".shortcut."),
            *BASIC_BLOCK,
            *(
                (rf"^seman_module\.{block}\.{3 * i + j}\.", f"words.{first + i}.{j}.")
                for block, first, convs in (("block1", 0, 2), ("layer1", 2, 4))
                for i in range(convs)
                for j in range(2)
            ),
            (r"^seman_module\.block2\.0\.", "words.6."),
            (r"^transformer\.encoder\.", ""),
            (r"\.self_attn\.", ".attention."),
            (r"\.linear1\.", ".mlp.0."),
            (r"\.linear2\.", ".mlp.3."),
            *((rf"\.norm{i + 1}\.", f".norms.{i}.") for i in range(2)),
            *((rf"^pro_embed\.layers\.{i}\.", f"head.{2 * i}.") for i in range(3)),
        ),
    ),
    # `train.py` at commit ff97767, with the README's batch size: 10 epochs of MDvsFA's 9978 crops of 128 x 128, as many
    # steps as 292 of 341 images. Different there: ResNet-18 begins from ImageNet; boxes learn from the boxes around
    # targets, by CIoU and confidence, where ours learn from the mask what they should cover; the other logits from the
    # pixels of regions alone, those of targets three times as much; all but the boxes at a tenth of the rate, and not
    # at all in the first epoch.
    recipe={
        "epochs": 292,
        "batch": 8,
        "losses": {"bce": 1.0},
        "optimizer": {"type": "SGD", "lr": 0.01},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 128, "target_bias": 0.0, "flips": False, "transpose": False},
    },
)
