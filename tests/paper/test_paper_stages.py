"""What is read from an encoder's stages, and t-SNE of it."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
import torch
from torch import nn

from istdbench.datasets.dataset import Sample
from istdbench.errors import IstdbenchError, UsageError
from istdbench.methods.mamba import baseline, conv_inner, mim_istd
from istdbench.paper.fig6 import CELLS, cloud
from istdbench.paper.stages import StageMap, find_stages, stage_maps
from istdbench.paper.tsne import check_installed, embed
from istdbench.scoring.inputs import InputTransform

AS_IT_IS = InputTransform(resize=None, pad=1, mean=0.0, sd=1.0)


class Pooled(nn.Module):
    """Stages of average pooling by 4, then by 2: what they give can be foretold. The second gives a tuple."""

    class Second(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[None, torch.Tensor]:
            return None, -nn.functional.avg_pool2d(x, 2)

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.stages = nn.ModuleList([nn.AvgPool2d(4), self.Second()])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for stage in self.encoder.stages:
            x = stage(x)
            x = x[-1] if isinstance(x, tuple) else x
        return x[:, :1]


def sample(height: int = 70, width: int = 40) -> Sample:
    mask = np.zeros((height, width), bool)
    mask[30:33, 8:10] = True  # two cells of stride 4 in one column, 7 and 8, and one of stride 8 ... 3 and 4
    return Sample("a", np.arange(height * width, dtype=np.float32).reshape(height, width), mask)


def test_each_stage_is_read_without_padding_and_cells_with_a_target_are_marked() -> None:
    network, image = Pooled(), sample()
    maps = stage_maps(network, find_stages(network, "pooled"), 2, AS_IT_IS, image)
    assert [(each.stride, each.features.shape) for each in maps] == [(4, (18, 10, 2)), (8, (9, 5, 2))]
    first = image.image[:4, :4].mean()
    assert maps[0].features[0, 0].tolist() == [first, first] and maps[0].activation[0, 0] == first
    assert maps[1].activation[0, 0] == pytest.approx(image.image[:8, :8].mean()), "the absolute value"
    assert np.argwhere(maps[0].target).tolist() == [[7, 2], [8, 2]]
    assert np.argwhere(maps[1].target).tolist() == [[3, 1], [4, 1]]


def test_a_stretched_input_has_the_stretched_mask() -> None:
    network = Pooled()
    stretched = InputTransform(resize=128, pad=1, mean=0.0, sd=1.0)
    [first, _] = stage_maps(network, find_stages(network, "pooled"), 1, stretched, sample(64, 64))
    assert first.features.shape == (32, 32, 1)
    assert np.argwhere(first.target).tolist() == [[15, 4], [16, 4]]


def test_no_hook_stays_behind() -> None:
    network = Pooled()
    stages = find_stages(network, "pooled")
    stage_maps(network, stages, 1, AS_IT_IS, sample())
    assert not any(stage._forward_hooks for stage in stages)


@pytest.mark.parametrize("build", [mim_istd.build, baseline.build, conv_inner.build])
def test_the_trio_has_four_stages_at_strides_4_to_32(build) -> None:
    network = build()
    maps = stage_maps(network, find_stages(network, "it"), 3, AS_IT_IS, sample(70, 64))
    assert [(each.stride, each.features.shape) for each in maps] == [
        (4, (18, 16, 16)),
        (8, (9, 8, 32)),
        (16, (5, 4, 64)),
        (32, (3, 2, 128)),
    ]


def test_a_network_without_stages_is_refused_with_its_own_parts() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())
    network.add_module("head", nn.Conv2d(1, 1, 1))
    with pytest.raises(UsageError, match=r"'plain': its network keeps no `stages`.*it has 0, 1, head"):
        find_stages(network, "plain")


def test_a_missing_scikit_learn_names_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_sklearn(name: str, *rest: object, **more: object) -> object:
        if name.startswith("sklearn"):
            raise ModuleNotFoundError("No module named 'sklearn'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_sklearn)
    with pytest.raises(IstdbenchError, match=r"pip install 'istdbench\[paper\]'"):
        check_installed()


def test_embedding_is_the_same_every_time_and_keeps_clusters_apart() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn, of the extra istdbench[paper], is not installed")
    random = np.random.default_rng(0)
    vectors = np.concatenate([random.normal(0, 0.1, (30, 5)), random.normal(3, 0.1, (30, 5))])
    places = embed(vectors)
    assert np.array_equal(places, embed(vectors)) and places.shape == (60, 2)
    one, other = places[:30], places[30:]
    apart = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
    assert apart > 2 * max(np.linalg.norm(each - each.mean(axis=0), axis=1).max() for each in (one, other))
    with pytest.raises(IstdbenchError, match="more targets"):
        embed(vectors[:3])


def test_a_cloud_has_as_many_cells_with_a_target_as_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("istdbench.paper.fig6.embed", lambda vectors: vectors[:, :2])
    target = np.zeros((30, 30), bool)
    target[0, :7] = True
    features = np.stack([target * 1.0, np.arange(900.0).reshape(30, 30)], axis=2)
    found = cloud([StageMap(features, target, 4)] * 2)
    assert found.target.sum() == (~found.target).sum() == 14
    assert np.array_equal(found.places[:, 0] == 1, found.target)
    full = StageMap(features, np.ones((30, 30), bool) ^ target, 4)
    assert len(cloud([full] * 60).places) == 2 * CELLS
