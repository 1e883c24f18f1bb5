"""SCTransNet (Yuan et al., TGRS 2024): a U-Net whose scales attend to each other's channels.

The definition followed is the authors' (xdFai/SCTransNet, `model/SCTransNet.py` at commit e027628), with supervision of
all scales. Its weights are not in the repository; they were trained on NUAA-SIRST, NUDT-SIRST and IRSTD-1k together.

The released code has images at their own size, filled up to a multiple of 32, and normalises all three data sets as
NUAA-SIRST: for its weights, `istdbench weights import` takes `--input resize=none,pad=32,mean=101.06385,sd=34.619606`.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import BASIC_BLOCK, Renaming

SCALES = range(1, 5)
"""As the released names count them."""

SCTRANSNET = Learned(
    name="sctransnet",
    summary="U-Net whose skip connections pass through a transformer across channels and scales",
    paper="Yuan et al., SCTransNet: Spatial-Channel Cross Transformer Network for Infrared Small Target Detection, "
    "TGRS 2024, arXiv 2401.15583",
    build=network("sctransnet", "SCTransNet"),
    from_released=Renaming(
        rules=(
            (r"^inc\.0\.", "encoder.0."),
            (r"^down_encoder(\d)\.0\.", r"encoder.\1."),
            *BASIC_BLOCK,
            (r"^mtc\.encoder\.layer\.", "transformer.blocks."),
            (r"^mtc\.(encoder\.)?", "transformer."),
            (r"\.body\.(weight|bias)$", r".\1"),
            (r"\.attn_norm\.", ".norm_together."),
            (r"\.channel_attn\.", ".attention."),
            *((rf"\.mhead{name}\.", f".{ours}.0.") for name, ours in (("k", "keys"), ("v", "values"))),
            *((rf"\.{name}\.", f".{ours}.1.") for name, ours in (("k", "keys"), ("v", "values"))),
            *(
                (rf"\.{name}{i}\.", f".{ours.format(i - 1)}.")
                for i in SCALES
                for name, ours in (
                    (r"embeddings_", "embedding.{}"),
                    (r"attn_norm", "norms.{}"),
                    (r"ffn_norm", "feed_norms.{}"),
                    (r"encoder_norm", "norms.{}"),
                    (r"mhead", "queries.{}.0"),
                    (r"q", "queries.{}.1"),
                    (r"project_out", "last.{}"),
                    (r"ffn", "feeds.{}"),
                    (r"reconstruct_", "restoring.{}"),
                )
            ),
            (r"\.patch_embeddings\.", "."),
            (r"(restoring\.\d)\.conv\.", r"\1.0."),
            (r"(restoring\.\d)\.norm\.", r"\1.1."),
            (r"\.project_in\.", ".first."),
            (r"\.dwconv3x3\.", ".small."),
            (r"\.dwconv5x5\.", ".large."),
            (r"\.project_out\.", ".last."),
            (r"\.eca\.conv\.0\.", ".weights."),
            *((rf"^up_decoder{i}\.", f"decoder.{i - 1}.") for i in SCALES),
            (r"\.coatt\.mlp_x\.1\.", ".of_skip."),
            (r"\.coatt\.mlp_g\.1\.", ".of_coarse."),
            *(
                (rf"\.nConvs\.{unit}\.{name}\.", f".body.{3 * unit + i}.")
                for unit in range(2)
                for i, name in enumerate(("conv", "norm"))
            ),
            (r"^outc\.", "head."),
            *((rf"^gt_conv{i + 1}\.0\.", f"side_heads.{i - 1}.") for i in SCALES),
            (r"^outconv\.", "fusion."),
        ),
        unread=r"\.position_embeddings$|\.q\d_attn\d$",
    ),
    # `train.py` at commit e027628, its best epoch on the test part; warm-up of ten epochs of NUAA-SIRST, where the
    # authors have ten of three data sets together.
    recipe={
        "epochs": 1000,
        "batch": 16,
        "losses": {"bce": 6.0},  # the sum over six heads
        "optimizer": {"type": "Adam", "lr": 1e-3},
        "schedule": {"type": "cosine", "warmup_steps": 220, "floor": 0.01},
        "augmentation": {"crop": 256, "target_bias": 0.5, "flips": True, "transpose": True},
    },
)
