"""Maps of hundreds of pixels a side with many targets: fast ways against the slow ones that they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from slow_curves import slow_match, slow_steps

from istdbench.metrics import max_tree
from istdbench.metrics.breakdown import examine
from istdbench.metrics.component_tree import find_components
from istdbench.metrics.detection_curve import detection_steps
from istdbench.metrics.regions import find_regions, match_regions

NOISE = ("white", "smooth", "8-bit", "two levels", "spots")


def scene(noise: str, seed: int, targets: int = 150, side: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """A score map of one kind of noise and a crowded mask, some of whose targets are nearer than the distance."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((side, side), dtype=bool)
    corners, sizes = rng.integers(0, side - 4, (targets, 2)), rng.integers(1, 4, (targets, 2))
    for (row, column), (height, width) in zip(corners, sizes, strict=True):
        mask[row : row + height, column : column + width] = True
    mask[side // 2 : side // 2 + 2, side // 2 : side // 2 + 2] = True  # where the whole map has its centroid
    score = rng.random((side, side), dtype=np.float32)
    if noise == "smooth":
        score = gaussian_filter(score, 2)
        score = (score - score.min()) / np.ptp(score)
    if noise == "8-bit":
        score = np.floor(score * 255) / 255
    if noise == "two levels":
        score = np.where(score > 0.6, 0.9, 0.1)
    if noise == "spots":
        score = np.where(np.roll(mask, 1, axis=1), 0.5 + score / 2, score / 100)
    return score, mask


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", NOISE)
def test_matches_are_those_of_a_look_at_every_pair(noise, seed):
    score, mask = scene(noise, seed)
    for distance in (0.5, 3.0, 20.0):
        for threshold in (0.3, 0.5, 0.8):
            targets, regions = find_regions(mask), find_regions(score > threshold)
            matches = match_regions(targets, regions, distance)
            assert matches.tolist() == slow_match(targets, regions, distance).tolist()


@pytest.mark.parametrize("distance", [3.0, 9.0])
@pytest.mark.parametrize("noise", NOISE)
def test_steps_are_those_of_every_target_beside_every_region_of_every_threshold(noise, distance):
    score, mask = scene(noise, 7, side=100)
    steps, targets = detection_steps(score, mask, distance)
    assert targets > 50
    for ours, slow in zip(
        (steps.levels, steps.detected, steps.matched_pixels),
        slow_steps(find_regions(mask), find_components(score), distance),
        strict=True,
    ):
        assert ours.tolist() == slow.tolist()


@pytest.mark.skipif(max_tree.library() is None, reason="the max-tree in C was not built: no compiler at install")
@pytest.mark.parametrize("shape", [(160, 160), (1, 300), (300, 1), (1, 1), (7, 90)])
@pytest.mark.parametrize("noise", NOISE)
def test_both_max_trees_hold_the_same_regions(noise, shape, monkeypatch):
    score = scene(noise, 11)[0].ravel()[: shape[0] * shape[1]].reshape(shape)
    ours = find_components(score)
    monkeypatch.setattr(max_tree, "library", lambda: None)
    assert rows(ours) == rows(find_components(score))


def rows(components) -> list[tuple[float, ...]]:
    columns = (components.level, components.below, components.areas, *components.centroids.T, components.first)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("noise", NOISE)
def test_the_pixels_of_each_region_are_those_that_it_owns(noise):
    regions = find_regions(scene(noise, 3)[0] > 0.5)
    each = regions.each()
    assert len(each) == len(regions)
    for index in range(0, len(regions), 50):
        assert each[index].tolist() == regions.pixels[regions.owners == index].tolist()


def test_a_map_without_regions_has_the_pixels_of_none():
    assert find_regions(np.zeros((4, 4), dtype=bool)).each() == []
    found = examine(np.zeros((4, 4)), np.zeros((4, 4)), np.eye(4, dtype=bool))
    assert [(target.detected, target.iou) for target in found.targets] == [(False, 0.0)]
