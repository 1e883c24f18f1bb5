"""The networks built of MiM-ISTD's parts: their published sizes, what sets them apart, and the released weights."""

from __future__ import annotations

import itertools

import pytest
import torch

from istdbench.methods.mamba import attention_inner, baseline, conv_inner, localmamba, mim_istd, vim
from istdbench.methods.mamba.mim.network import PAPER
from istdbench.methods.mamba.mim.released import HEAD
from istdbench.probes.thop import thop_count


def parameters(network: torch.nn.Module, *, trained: bool = False) -> int:
    return sum(p.numel() for p in network.parameters() if p.requires_grad or not trained)


def shapes(network: torch.nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in network.state_dict().items()}


def inner_blocks(network: torch.nn.Module) -> list[list[int]]:
    return [[i for i, block in enumerate(stage.blocks) if block.inner is not None] for stage in network.encoder.stages]


def test_the_papers_network_has_as_many_parameters_as_the_released_one():
    network = mim_istd.build()
    assert parameters(network) == 1_678_809
    assert parameters(network, trained=True) == 1_678_809 - 2 * 128  # the released encoder's norm is never read


def test_thop_counts_as_much_as_in_the_released_network_which_is_within_two_percent_of_the_paper():
    network = mim_istd.build().to("meta")
    counts = thop_count(network, torch.zeros(1, 3, 512, 512, device="meta"))
    assert counts == (1_175_385, 1_028_161_536)
    assert counts == pytest.approx((1.16e6, 1.01e9), rel=0.02)  # Table 2


def test_the_head_variant_has_as_many_parameters_and_thop_counts_as_the_released_head():
    network = mim_istd.build(variant="head")
    assert parameters(network) == 4_862_129  # 8,597,681 less relative_pos
    image = torch.zeros(1, 3, 512, 512, device="meta")
    assert thop_count(network.to("meta"), image) == (4_278_065, 3_490_250_752)


def test_the_inner_mamba_stands_first_in_a_stage_or_everywhere():
    assert inner_blocks(mim_istd.build()) == [[0], [0], [0, 1], [0]]
    assert inner_blocks(mim_istd.build(inner="all")) == [list(range(depth)) for depth in (2, 4, 9, 2)]
    assert inner_blocks(conv_inner.build()) == [[0], [0], [0, 1], [0]]
    assert inner_blocks(baseline.build()) == [[], [], [], []]


@pytest.mark.parametrize(
    ("method", "weight", "shape"),
    [(conv_inner, "layers.0.weight", (16, 16, 3, 3)), (attention_inner, "qkv.weight", (48, 16))],
)
def test_the_ablations_of_the_inner_mamba_differ_in_the_inner_mixer_only(method, weight, shape):
    ours, theirs = shapes(mim_istd.build()), shapes(method.build())
    outside = [{k: v for k, v in each.items() if ".inner.mixer." not in k} for each in (ours, theirs)]
    assert outside[0] == outside[1]
    assert theirs[f"encoder.stages.2.blocks.1.inner.mixer.{weight}"] == shape


@pytest.mark.parametrize("method", [vim, localmamba])
def test_the_networks_of_other_blocks_differ_from_the_baseline_in_the_outer_mixer_only(method):
    ours, theirs = shapes(baseline.build()), shapes(method.build())
    outside = [{k: v for k, v in each.items() if ".outer.mixer." not in k} for each in (ours, theirs)]
    assert outside[0] == outside[1]


@pytest.mark.parametrize(
    ("options", "words"), [({"word": 4}, 2), ({"word": 1}, 8), ({"sentence": 4}, 2), ({"sentence": 16}, 8)]
)
def test_the_grain_moves_the_norms_and_summaries_of_words_only(options, words):
    ours, theirs = shapes(mim_istd.build()), shapes(mim_istd.build(**options))
    moved = {name.rpartition(".inner.")[2] for name in ours if ours[name] != theirs[name]}
    assert ours.keys() == theirs.keys()
    assert moved == set(product("norm summary_norm", WB)) | {"summary.weight"}
    assert theirs["encoder.stages.3.blocks.0.inner.summary.weight"] == (128, words * words * 32)


@torch.no_grad()
@pytest.mark.parametrize(("sentence", "strides"), [(4, (2, 4, 8, 16)), (8, (4, 8, 16, 32)), (16, (8, 16, 32, 64))])
def test_the_strides_of_the_features_are_half_the_sentences_at_each_stage(sentence, strides):
    features = mim_istd.build(sentence=sentence).eval().encoder(torch.zeros(1, 3, 128, 256))
    assert [tuple(one.shape[-2:]) for one in features] == [(128 // stride, 256 // stride) for stride in strides]


def test_the_baseline_is_the_network_without_words():
    ours, theirs = shapes(mim_istd.build()), shapes(baseline.build())
    assert theirs == {k: v for k, v in ours.items() if ".inner." not in k and ".words." not in k}
    assert len(theirs) < len(ours)


def test_the_encoder_starts_as_the_released_one_does():
    torch.manual_seed(0)
    encoder = mim_istd.build().encoder
    conv = encoder.stages[3].upsampling[3]
    assert conv.weight.std().item() == pytest.approx((2 / (9 * 128)) ** 0.5, rel=0.02)
    assert (conv.bias == 0).all()
    assert encoder.merges[2].sentences.reduction.weight.std().item() == pytest.approx(0.02, rel=0.02)
    depthwise = encoder.stages[3].blocks[0].outer.mixer.conv
    assert depthwise.weight.std().item() == pytest.approx((2 / 9) ** 0.5, rel=0.1)


def product(*parts: str) -> list[str]:
    """Every name made of one alternative of each part: product("a b", ".c") is ["a.c", "b.c"]."""
    return ["".join(pieces) for pieces in itertools.product(*(part.split() for part in parts))]


WB = ".weight .bias"
BN = ".weight .bias .running_mean .running_var .num_batches_tracked"
SS2D = (
    ".in_proj.weight .conv2d.weight .conv2d.bias .x_proj_weight .dt_projs_weight .dt_projs_bias .A_logs .Ds "
    ".out_norm.weight .out_norm.bias .out_proj.weight"
)
FEED_FORWARD = [
    *product(".conv1x1_gelu_bn.conv3x3_gelu_bn.0 .conv3x3_dw.conv .conv1x1_pw.0", WB),
    *product(".conv1x1_gelu_bn.conv3x3_gelu_bn.2 .act.1 .conv1x1_pw.1", BN),
]


def released_names(depths: tuple[int, ...], *, feed_forward: bool) -> list[str]:
    """The names in a state dict of the released network."""
    enc = "mim_backbone"
    names = [
        *product(
            f"{enc}.patch_embed", ".common_conv.0 .inner_convs.0 .outer_convs.0 .outer_convs.3 .outer_convs.6", WB
        ),
        *product(
            f"{enc}.patch_embed", ".common_conv.1 .inner_convs.1 .outer_convs.1 .outer_convs.4 .outer_convs.7", BN
        ),
        *product(f"{enc}.word_merges", ".0 .1 .2", ".norm .conv.0", WB),
        *product(f"{enc}.sentence_merges", ".0 .1 .2", ".norm.weight .norm.bias .reduction.weight"),
        *product(f"{enc}.up_blocks", ".0 .1 .2 .3", ".transposed_conv .conv", WB),
        *product(f"{enc}.up_blocks", ".0 .1 .2 .3", ".batch_norm1 .batch_norm2", BN),
        *product(f"{enc}.norm", WB),
        *product("deconv1 deconv2 deconv3", ".expand.weight .norm.weight .norm.bias"),
        *product("uplayer1 uplayer2 uplayer3", ".0 .1", ".body.0.weight .body.3.weight"),
        *product("uplayer1 uplayer2 uplayer3", ".0 .1", ".body.1 .body.4", BN),
        *product("head.block.0.weight head.block.4.weight head.block.4.bias"),
        *product("head.block.1", BN),
    ]
    for stage, depth in enumerate(depths):
        names += [f"{enc}.stages.{stage}.relative_pos"]
        for j in range(depth):
            block = f"{enc}.stages.{stage}.blocks.{j}"
            paths = ["outer"] + ["inner"] * (j == 0 or (j == 1 and depth > 6))
            for path in paths:
                names += [*product(f"{block}.{path}_norm1", WB), *product(f"{block}.{path}_attn", SS2D)]
                if feed_forward:
                    names += product(f"{block}.{path}_norm2", WB)
                    names += [f"{block}.{path}_mlp{name}" for name in FEED_FORWARD]
            if "inner" in paths:
                names += [*product(f"{block}.proj_norm1 {block}.proj_norm2", WB), f"{block}.proj.weight"]
    return names


@pytest.mark.parametrize(("variant", "plan"), [("paper", PAPER), ("head", HEAD)])
def test_released_names_become_ours_one_to_one(variant, plan):
    names = released_names(plan.depths, feed_forward=variant == "head")
    weights = {name: torch.zeros(8, 16) for name in names}
    ours = mim_istd.MIM_ISTD.from_released(weights)
    assert ours.keys() == mim_istd.build(variant=variant).state_dict().keys()
    assert len(ours) == len(names) - 4  # less relative_pos


def test_released_scan_parameters_are_split_by_direction():
    A_log, D = torch.randn(4 * 6, 16), torch.randn(4 * 6)
    block = "mim_backbone.stages.0.blocks.0.outer_attn"
    ours = mim_istd.MIM_ISTD.from_released({f"{block}.A_logs": A_log, f"{block}.Ds": D})
    mixer = "encoder.stages.0.blocks.0.outer.mixer"
    assert torch.equal(ours[f"{mixer}.A_log"][2, 5], A_log[2 * 6 + 5])
    assert torch.equal(ours[f"{mixer}.D"][2, 5], D[2 * 6 + 5])
