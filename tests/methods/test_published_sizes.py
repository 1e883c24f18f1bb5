"""Parameters and multiply-accumulates of every network: those of its public definition, exactly, where it has one."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import istdbench.ops  # noqa: F401 - registers the formula of the scan before anything is counted
from istdbench.built_in import register_methods
from istdbench.methods.method import Learned
from istdbench.reports.papers import PUBLISHED_SIZE, from_description, published_costs

METHODS = {method.name: method for method in register_methods() if isinstance(method, Learned)}
SIDE_HEADS = 3 * 16 * 256**2
"""DNANet's three 1 x 1 convolutions that only training needs; the public definition runs them always."""
BAND_FILTERS = 2 * 4 * 4 * (16 * 256**2 + 32 * 128**2 + 64 * 64**2 + 64 * 32**2 + 64 * 16**2) + 4 * 4 * 3 * 128**2
"""MSDA-Net's fixed 2 x 2 filters, which the public definition has as convolutions; ours are sums and differences."""
DIRECTION_FILTERS = 8 * 25 * 256**2
"""RDIAN's eight fixed 5 x 5 filters, which the public definition has as convolutions; ours are differences."""
SECOND_HEAD = (9 * 64 * 16 + 16) * 256**2
"""ISTDU-Net's, which only training needs; the public definition runs it always."""
POSITIONS_AND_FACTORS = 480 * 16**2 + 4 * 16
"""SCTransNet's position embeddings and 16 factors a block, which act on nothing."""
DEEP_SUPERVISION = 256 * 16**2 + 128 * 32**2 + 64 * 64**2 + 32 * 128**2 + 5 * 256**2
"""SCTransNet's five 1 x 1 convolutions that only training needs; the public definition runs them always."""
SIZES = [  # method, options, side of the image, parameters, multiply-accumulates
    ("acm", {}, 512, 518_413, 1_760_100_992),
    ("acm", {"backbone": "fpn"}, 512, 387_181, 1_105_789_568),
    ("acm", {"stem": "full"}, 512, 516_869, 26_236_420_736),
    ("acm", {"definition": "pytorch"}, 512, 519_843, 1_768_489_600),
    ("acm", {"definition": "pytorch", "fusion": "bi_local"}, 512, 519_843, 1_772_683_264),
    ("acm", {"definition": "pytorch", "fusion": "bi_global"}, 512, 519_843, 1_764_295_936),
    ("acm", {"definition": "pytorch", "backbone": "fpn"}, 512, 387_187, 1_105_789_568),
    ("acm", {"definition": "pytorch", "backbone": "fpn", "fusion": "bi_local"}, 512, 387_187, 1_109_983_232),
    ("acm", {"definition": "pytorch", "backbone": "fpn", "fusion": "bi_global"}, 512, 387_187, 1_101_595_904),
    ("acm_basicirstd", {}, 256, 397_823, 343_294_592),
    ("agpcnet", {}, 256, 12_360_461, 42_982_808_768),
    ("alcnet_basicirstd", {}, 256, 519_889 - 92_928, 295_076_480),  # without the refinements that never run
    ("alcnet", {}, 512, 372_573, 14_442_037_248),
    ("deeppro", {}, 64, 49_129, 2_288_517_120),  # 40 frames
    ("dnanet", {"backbone": "r10"}, 256, 2_612_196, 10_902_324_096 - SIDE_HEADS),
    ("dnanet", {}, 256, 4_696_888, 13_930_104_192 - SIDE_HEADS),
    ("dnanet", {"backbone": "r34"}, 256, 8_792_702, 19_677_627_264 - SIDE_HEADS),
    ("drpcanet", {}, 256, 1_168_980, 72_973_465_608),
    ("dtum", {}, 256, 298_305, 9_976_152_064),  # 5 frames
    ("fc3net", {}, 512, 7_043_864 - 147_840, 10_433_667_072),  # without block 3 of the third branch, which never runs
    ("hdnet", {}, 256, 3_676_197 - 11_402, 5_584_017_732),  # without the attentions that forward() never calls
    ("isnet", {}, 512, 1_090_671 - 103_709, 124_537_995_264),  # without the units that forward() never calls
    ("istdu", {}, 256, 2_761_138, 8_316_313_472 - SECOND_HEAD),
    ("l2sknet", {}, 256, 898_913, 7_149_205_504),
    ("lw_irstnet", {}, 256, 167_800 - 4_568, 192_937_984),  # without the layers that forward() never calls
    ("l_rpcanet", {}, 256, 475_188, 30_532_439_040),
    ("l_rpcanet", {"noise_layers": 3}, 256, 433_428, 27_814_530_048),
    ("l_rpcanet", {"narrow": 4}, 256, 215_916, 13_663_472_640),
    ("mdvsfa", {}, 256, 3_138_497 + 629_825, 205_395_066_880 + 41_112_567_808),  # its two generators
    ("msda", {}, 256, 4_805_089 - 14_048, 20_976_092_416 - BAND_FILTERS),  # without convolutions that never run
    ("mshnet", {}, 256, 4_065_513, 6_001_539_200),
    ("rdian", {}, 256, 216_758 - 8 * 25, 3_690_496_128 - DIRECTION_FILTERS),
    ("rpcanet", {}, 256, 679_896, 44_166_021_120),
    # Without what would read the memory of a stage before the first, which never runs. The public counts have it not.
    *(
        ("rpcanet_pp", {"stages": stages}, 256, parameters - 46_240, macs)
        for stages, parameters, macs in (
            (3, 1_480_791, 93_868_525_056),
            (6, 2_961_582, 190_756_948_992),
            (9, 4_442_373, 287_645_372_928),
        )
    ),
    ("sctransnet", {}, 256, 11_325_939 - POSITIONS_AND_FACTORS, 10_493_892_224 - DEEP_SUPERVISION),
    ("uiunet", {}, 256, 50_541_461, 54_297_565_696),
]
COMPOSED = [
    ("mim_istd", {}, 512, 1_678_809, 1_673_723_904),
    ("mim_istd", {"inner": "all"}, 512, 1_979_065, 2_660_237_312),
    ("mim_istd", {"variant": "head"}, 512, 4_862_129, 3_961_651_200),
    ("mim_istd", {"word": 1}, 512, 2_003_673, 3_340_763_136),
    ("mim_istd", {"word": 4}, 512, 1_597_593, 1_295_892_480),
    ("mim_istd", {"sentence": 4}, 512, 1_597_593, 5_084_479_488),
    ("mim_istd", {"sentence": 16}, 512, 2_003_673, 835_190_784),
    ("baseline", {}, 512, 1_519_805, 1_169_948_672),
    ("baseline", {"block": "later"}, 512, 1_396_733, 935_428_096),
    ("conv_inner", {}, 512, 1_649_933, 1_271_136_256),
    ("attention_inner", {}, 512, 1_642_917, 1_262_747_648),
    ("vim", {}, 512, 1_280_317, 1_007_729_152),
    ("localmamba", {}, 512, 1_638_126, 1_206_749_184),
    ("localmamba", {"attention": "channel"}, 512, 1_600_245, 1_170_245_632),
    ("eamnet", {}, 512, 142_914, 640_366_720),
    ("lcmamnet", {}, 256, 1_174_681, 5_482_803_456),
]
"""MiM-ISTD's family, and two of other families, whose parameters are their public definitions'; so are LCMamNet's
multiply-accumulates, but for its scans' 409,804,800. No public counter sees scans, and but for `mim_istd` and these two
no public code defines the network: `test_mim_networks.py` holds the first to thop's figures, `test_mamba_blocks.py` the
others' blocks to public ones."""

DESCRIBED = [
    ("dim2clear", {}, 512, 4_743_867, 23_313_655_808),
    ("rkformer", {}, 512, 29_652_281, 24_195_366_912),
    ("tci_former", {}, 512, 3_498_795, 6_206_324_736),
]
"""Networks that were made from a description alone, which come near what is claimed of their size, if anything is."""
CLAIMED = {paper.method: paper.values for paper in published_costs()}

BY_CONTENT = {"iaanet"}
"""What these compute depends on the image: `test_iaanet.py` has their parameters, `tests/importing/test_regions.py` the
multiply-accumulates of one image."""


def counted(name: str, options: dict[str, str | int], side: int) -> tuple[int, float]:
    """Parameters and multiply-accumulates."""
    method = METHODS[name]
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        network = method.build(**options).eval()
        network(torch.zeros(1, method.channels, side, side))
    return sum(parameter.numel() for parameter in network.parameters()), counter.get_total_flops() / 2


@pytest.mark.parametrize(("name", "options", "side", "parameters", "macs"), SIZES)
def test_sizes_are_those_of_the_public_definition(name, options, side, parameters, macs):
    assert counted(name, options, side) == (parameters, macs)


@pytest.mark.parametrize(("name", "options", "side", "parameters", "macs"), COMPOSED + DESCRIBED)
def test_sizes_of_networks_without_a_public_definition_stay_what_they_are(name, options, side, parameters, macs):
    assert counted(name, options, side) == (parameters, macs)


@pytest.mark.parametrize("described", [each for each in DESCRIBED if each[0] in CLAIMED], ids=lambda each: each[0])
def test_a_network_made_from_a_description_has_the_claimed_size_within_a_tenth(described):
    name, _, side, parameters, macs = described
    assert (side, side) == PUBLISHED_SIZE and from_description(name)
    assert parameters == pytest.approx(CLAIMED[name]["parameters"], rel=0.1)
    assert macs == pytest.approx(CLAIMED[name]["gmacs"] * 1e9, rel=0.1)


def test_no_network_is_left_out():
    assert {name for name, *_ in SIZES + COMPOSED + DESCRIBED} | BY_CONTENT == METHODS.keys()
