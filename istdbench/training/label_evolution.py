"""Label evolution (LESPS): a network that learns from points first finds more of a target, and the label follows it.

Source: Ying et al., Mapping Degeneration Meets Label Evolution, CVPR 2023, arXiv 2304.01484, Section 4; released code
XinyiYing/LESPS at commit 9292bba, `net.py: update_gt` and `train.py`.

Symbol  Meaning
L, P    label and the network's score of each pixel, in [0, 1]
a       pixels of a region of L > 0.5
d       33: side of the square around a region's centroid in which its label may change
r       0.15 %: share of the image that a region grows to at most, about
T       max(P) (T_b + k (1 - T_b) a / (r H W)), over that square; a label changes where P > T, to (L + P) / 2

A network that scores all pixels nearly alike fills the whole square within two updates, from which no label comes back:
hence they begin only once the loss is low, and `Evolution.loss_below` is no field to raise.

Where paper and code differ or the paper is silent, ours does as the code: candidates that do not touch the 3 x 3 pixels
around the centroid are dropped as false alarms only where there are several regions of candidates, and where the
squares of two targets overlap, a pixel of both changes twice. In two things it does not. The code keeps labels in files
of 8 bits, and ours are float32, as of the code with its masks in memory; and where the first update comes at an epoch
that is due in any case, the code makes two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from istdbench.metrics.regions import find_regions
from istdbench.protocols.fields import Evolution

LABELLED = 0.5
AROUND, CORE = 33 // 2, 3 // 2
"""How far from the centroid a label may change, and how near candidates have to come, pixels."""
SHARE = 0.0015


def is_due(rules: Evolution, losses: Sequence[float]) -> bool:
    """Whether labels change after the last of the epochs whose mean losses these are."""
    begun = next((epoch for epoch, loss in enumerate(losses, 1) if loss < rules.loss_below), None)
    return begun is not None and (begun == len(losses) or len(losses) % rules.every == 0)


def evolved(label: np.ndarray, score: np.ndarray, points: np.ndarray, rules: Evolution) -> np.ndarray:
    """The label after an update; one without a pixel above 0.5 stays as it is.

    Args:
        label: (H, W) float32, which is not changed.
        score: (H, W) float32, of the network in evaluation mode.
        points: indices into the flattened label, which stay 1.
    """
    new = label.copy()
    regions = find_regions(label > LABELLED)
    for centroid, area in zip(regions.centroids.astype(np.int64), regions.areas.tolist(), strict=True):
        square = tuple(slice(max(0, at - AROUND), at + AROUND + 1) for at in centroid.tolist())
        centre = centroid - [side.start for side in square]
        threshold = score[square].max() * (rules.base + rules.growth * (1 - rules.base) * area / (SHARE * label.size))
        changed = _candidates(score[square] > threshold, centre)
        new[square][changed] = (new[square][changed] + score[square][changed]) / 2
    new.flat[points] = 1
    return new


def _candidates(above: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Of several regions those that come near the centre; a single one wherever it is. Bool, as `above`."""
    regions = find_regions(above)
    if len(regions) < 2:
        return above
    places = np.stack(np.divmod(regions.pixels, above.shape[1]), axis=1)
    near = regions.owners[(np.abs(places - centre) <= CORE).all(axis=1)]
    kept = np.zeros_like(above)
    kept.flat[regions.pixels[np.isin(regions.owners, near)]] = True
    return kept
