"""Matching and the detection curve as they were before targets were looked up by place: every pair is looked at."""

from __future__ import annotations

import numpy as np

from istdbench.metrics.component_tree import Components
from istdbench.metrics.regions import Regions


def slow_nearer(centroids: np.ndarray, centroid: np.ndarray, distance: float) -> np.ndarray:
    return np.sqrt(np.square(centroids - centroid).sum(axis=1)) < distance


def slow_match(targets: Regions, regions: Regions, distance: float) -> np.ndarray:
    matches, free = np.full(len(targets), -1), np.ones(len(regions), dtype=bool)
    for target, centroid in enumerate(targets.centroids):
        candidates = np.flatnonzero(free & slow_nearer(regions.centroids, centroid, distance))
        if candidates.size:
            matches[target] = candidates[0]
            free[candidates[0]] = False
    return matches


def slow_steps(targets: Regions, components: Components, distance: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels, and by how much the targets detected and their regions' pixels change there."""
    near = [slow_nearer(components.centroids, centroid, distance) for centroid in targets.centroids]
    bounds = np.unique(np.concatenate([side[np.any(near, axis=0)] for side in (components.below, components.level)]))
    starts, ends = (np.searchsorted(bounds, side) for side in (components.below, components.level))
    owners = np.full((len(targets), len(bounds)), -1, dtype=np.int64)
    for target, candidates in enumerate(near):
        chosen = np.flatnonzero(candidates)
        for component in chosen[np.argsort(-components.first[chosen])]:
            span = slice(starts[component], ends[component])
            free = (owners[:target, span] != component).all(axis=0)
            owners[target, span][free] = component
    matched = owners >= 0
    detected = np.diff(matched.sum(axis=0), prepend=0)
    pixels = np.diff(np.where(matched, components.areas[owners], 0).sum(axis=0), prepend=0)
    kept = (detected != 0) | (pixels != 0)
    return bounds[kept], detected[kept], pixels[kept]
