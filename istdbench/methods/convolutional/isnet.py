"""ISNet, the infrared shape network (Zhang et al. 2022): a U-Net whose finest map is weighted by predicted edges.

Source: Zhang et al., ISNet: Shape Matters for Infrared Small Target Detection, CVPR 2022; released code
RuiZhang97/ISNet, `model/ISNet.py` at commit c5a7548.

Paper and released code disagree in what TOAA takes its attention from: the low level in the paper's abstract, the
decoder's map in the code. Ours follows the code, which it can be held against. The code computes |∇x| outside
the network and hands it in; here the network does, so that it needs the image alone. Of the code's 1,090,671 parameters
103,709 are never used (the units of an earlier edge branch, `SA`, `head2` and others); ours has the rest.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming

ISNET = Learned(
    name="isnet",
    summary="U-Net with attention along rows and columns, weighted by predicted edges of targets",
    paper="Zhang et al., ISNet: Shape Matters for Infrared Small Target Detection, CVPR 2022",
    build=network("isnet", "ISNet", in_channels=3),
    in_channels=3,
    from_released=Renaming(
        rules=(
            *((rf"^stem\.{3 * i + k}\.", f"stem.{i + 1}.{k - 1}.") for i in range(3) for k in (1, 2)),
            (r"^layer1\.", "stem.5."),
            (r"^layer([23])\.", r"stage\1."),
            (r"^deconv([12])\.", r"decoder\1.enlarge."),
            (r"^TTOA_low\.", "decoder2.aggregate."),
            (r"^TTOA_high\.", "decoder1.aggregate."),
            (r"\.preprocess\.", ".bottleneck."),
            (r"\.dcn_row\.", ".along_rows."),
            (r"\.dcn_colum\.", ".along_columns."),
            (r"\.conv_offset_mask\.", ".taps."),
            (r"^uplayer([12])\.", r"decoder\1.refine."),
            (r"\.downsample\.", ".shortcut."),
            *((rf"^dsn{i + 1}\.", f"edge_branch.guides.{i}.") for i in range(3)),
            *((rf"^myb{i + 1}\.", f"edge_branch.blocks.{i}.") for i in range(3)),
            (r"^dsup\.", "edge_branch.widen."),
            (r"^fuse\.", "edge_branch.edge."),
            (r"\.res1\.", ".first."),
            (r"\.res2\.", ".second."),
            *((rf"\.{name}\.", f".{k}.") for k, name in {0: "conv1", 1: "bn1", 3: "conv2", 4: "bn2"}.items()),
            (r"\.gate\.weight$", ".gate.conv.weight"),
            (r"\._gate_conv\.", ".alpha."),
            (r"^head\.block\.", "head."),
        ),
        unread=r"^(res\d|d\d|gate\d|cw|SA|SA_att|head2|conv2_1|conv16)\.",
    ),
    # `model/train_ISNet.py` at commit c5a7548. Its rate swings between 0.05 and 0 every 30 epochs. The IoU of its edges
    # takes the sigmoid twice, ours once; its crops are noised, sharpened and bent too, which is not done here.
    recipe={
        "epochs": 3000,
        "batch": 12,
        "losses": {"plain_niou": 1.0},
        "edge_losses": {"bce": 10.0, "plain_niou": 1.0},
        "optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 1e-4},
        "schedule": {"type": "cosine", "cycles": 50},
        "augmentation": {"crop": 480, "target_bias": 0.0, "flips": True, "transpose": True, "zoom": (0.5, 2.0)},
    },
)
