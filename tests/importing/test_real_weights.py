"""Weights that authors released, from a mirror of the real files: what is taken, what is refused; skips without one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from istdbench.errors import WeightsError
from istdbench.importing.contents import read_contents
from istdbench.importing.fitting import fit
from istdbench.importing.import_weights import import_weights
from istdbench.importing.released_weights import released_weights
from istdbench.jobs.weights import read_header
from istdbench.registry import METHODS
from istdbench.released.releases import releases
from istdbench.scoring.predictors import network_predictor, trained_network
from istdbench.spec import parse_spec

MIRROR_BESIDE_CHECKOUT = Path(__file__).parents[3] / "shared" / "data"
RPCANET = "fengyiwu98/RPCANet/*/result/ISTD/SIRST/RPCANet.pkl"
SIRST3 = "resize=none,pad=32,mean=95.01,sd=41.511"
IMAGENET = "mean=123.675/116.28/103.53,sd=58.395/57.12/57.375"


@pytest.fixture
def released():
    """The one file of a pattern in the mirror."""
    mirror = Path(os.environ.get("ISTDBENCH_MIRROR") or MIRROR_BESIDE_CHECKOUT)

    def find(pattern: str) -> Path:
        found = sorted(mirror.glob(f"github/{pattern}"))
        if not found:
            pytest.skip(f"{mirror} has no github/{pattern}")
        return found[0]

    return find


@pytest.mark.parametrize(
    ("pattern", "method", "seen"),
    [
        (RPCANET, "rpcanet", "resize=256,mean=0,sd=255"),
        ("YimianDai/open-acm/*/params/*.params", "acm:stem=full", f"resize=512,{IMAGENET}"),
        ("YimianDai/open-alcnet/*/params/*.params", "alcnet", f"resize=512,{IMAGENET}"),
        *(
            (
                f"Tianfang-Zhang/acm-pytorch/*/params/{folder}_{kind}/*.pkl",
                f"acm:definition=pytorch,backbone={backbone},fusion={fusion}",
                f"resize=512,{IMAGENET}",
            )
            for folder, backbone in (("FPN", "fpn"), ("UNet", "unet"))
            for kind, fusion in (("AsymBi", "asym_bi"), ("BiLocal", "bi_local"), ("BiGlobal", "bi_global"))
        ),
        *(
            (f"XinyiYing/LESPS/*/log/SIRST3/{network}_{labels}.pth.tar", method, SIRST3)
            for network, method in (("ACM", "acm_basicirstd"), ("ALCNet", "alcnet_basicirstd"))
            for labels in ("full", "LESPS_centroid", "LESPS_coarse")
        ),
        ("jiangjin1246/EAMNet/*/checkpoint/NUAA*.pth", "eamnet", f"resize=512,{IMAGENET}"),
        ("jiangjin1246/EAMNet/*/checkpoint/IRSTD*.pth", "eamnet", f"resize=512,{IMAGENET}"),
        ("sun11999/RDIAN/*/params/best.pth", "rdian", "resize=512,mean=-31.773,sd=278.5365"),
        ("xianchaoxiu/L-RPCANet/*/L-RPCANet/result/NUDT*.pkl", "l_rpcanet", "resize=256,mean=0,sd=255"),
        ("kourenke/LW-IRSTNet/*/LW_IRST.pkl", "lw_irstnet", f"resize=256,{IMAGENET}"),
    ],
)
def test_weights_of_the_authors_are_taken(released, tmp_path, pattern, method, seen):
    done = import_weights(released(pattern), parse_spec(method), seen, tmp_path / "new.safetensors")
    assert done.tensors > 120
    assert all(name.endswith("num_batches_tracked") for name in done.facts.untold)


@pytest.mark.parametrize(
    ("pattern", "method", "why"),
    [
        ("Tianfang-Zhang/acm-pytorch/*/params/UNet_AsymBi/*.pkl", "acm", "They fit acm:definition=pytorch: give"),
        (
            "Tianfang-Zhang/acm-pytorch/*/params/FPN_BiLocal/*.pkl",
            "acm",
            "acm:backbone=fpn,definition=pytorch,fusion=bi_local",
        ),
        ("XinyiYing/LESPS/*/log/SIRST3/ACM_full.pth.tar", "acm", "another form"),
        ("xianchaoxiu/L-RPCANet/*/L-RPCANet/result/*.pkl", "rpcanet", "another form"),
        ("sun11999/RDIAN/*/params/best.pth", "dnanet", "another network"),
    ],
)
def test_networks_of_the_same_name_that_are_others_are_refused(released, pattern, method, why):
    found = METHODS.get(method)
    with pytest.raises(WeightsError, match=why):
        fit(found, found.resolve({}), read_contents(released(pattern)).chosen(None)[1])


def test_modules_that_were_pickled_whole_give_their_tensors(released):
    path = released("Tianfang-Zhang/acm-pytorch/*/params/UNet_AsymBi/*.pkl")
    tensors = read_contents(path).chosen(None)[1]
    assert len(tensors) == 371
    assert all(np.isfinite(tensor.numpy()).all() for tensor in tensors.values())


def test_released_weights_of_rpcanet_find_targets(released, real_data, tmp_path):
    path = tmp_path / "new.safetensors"
    import_weights(released(RPCANET), parse_spec("rpcanet"), "resize=256,mean=0,sd=255", path)
    method, data = METHODS.get("rpcanet"), real_data("nuaa")
    network, transform, threshold = trained_network(method, {}, path)
    predict = network_predictor(network, method.in_channels, transform, "cpu")
    both, either = 0, 0
    for name in data.names("official", "test")[:3]:
        sample = data.load(name)
        found = predict(sample).score > threshold
        both, either = both + (found & sample.mask).sum(), either + (found | sample.mask).sum()
    assert both / either > 0.5


@pytest.mark.parametrize("release", releases(), ids=str)
def test_every_declared_release_is_as_published_and_fits_its_method(released, tmp_path, monkeypatch, release):
    there = released(release.path)
    monkeypatch.setenv("ISTDBENCH_MIRROR", str(there.parents[len(Path(release.path).parts)]))
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path))
    header = read_header(released_weights(release))
    assert release.at_hand
    assert (header.input, header.imported.sha256) == (release.input, release.sha256)
    assert all(name.endswith("num_batches_tracked") for name in header.imported.untold)
