"""The published semantics: what BasicIRSTD's evaluation computes (metrics.py and evaluate.py at 95650c3), restated.

Facts restated: a pixel is predicted above 0.5; both maps are labelled with connectivity 2; for each target in label
order the predicted regions still in the list are tried in order, and the first with a centroid distance below 3 is
painted on a canvas and deleted from the list; the false-alarm pixels are the prediction without the canvas; Pd and Fa
are ratios of sums over the set; IoU likewise, its denominator raised by the spacing of 1.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from metric_maps import image_sets
from skimage.measure import label, regionprops

from istdbench.metrics import summarise
from istdbench.metrics.counting import count_image


class PublishedEvaluation:
    def __init__(self) -> None:
        self.intersection = self.union = self.detected = self.targets = self.false_pixels = self.pixels = 0

    def update(self, score: np.ndarray, mask: np.ndarray) -> None:
        prediction = (score > 0.5).astype("int64")
        truth = mask.astype("int64")
        self.intersection += (prediction * (prediction == truth)).sum()
        self.union += prediction.sum() + truth.sum() - (prediction * (prediction == truth)).sum()

        candidates = regionprops(label(prediction, connectivity=2))
        targets = regionprops(label(truth, connectivity=2))
        canvas = np.zeros_like(prediction)
        for target in targets:
            for candidate in candidates:
                if np.linalg.norm(np.array(candidate.centroid) - np.array(target.centroid)) < 3:
                    self.detected += 1
                    canvas[candidate.coords[:, 0], candidate.coords[:, 1]] = 1
                    candidates.remove(candidate)
                    break
        self.targets += len(targets)
        self.false_pixels += (prediction - canvas).sum()
        self.pixels += mask.shape[0] * mask.shape[1]

    def get(self) -> tuple[float, float, float]:
        iou = self.intersection / (np.spacing(1) + self.union)
        return iou, self.detected / self.targets, self.false_pixels / self.pixels


@settings(max_examples=200, deadline=None)
@given(image_sets)
def test_iou_pd_and_fa_of_a_set_agree_with_the_published_evaluation(images):
    assume(any(mask.any() for _, mask in images))  # without a target the published one stops with a division by zero
    published = PublishedEvaluation()
    counts = []
    for predicted, mask in images:
        score = np.where(predicted, 0.51, 0.5)
        published.update(score, mask)
        counts.append(count_image(score, mask))
    iou, pd, fa = published.get()
    values = summarise(counts)
    assert (values["Pd"], values["Fa"]) == (pd, fa)
    assert values["IoU"] == pytest.approx(iou, rel=1e-15)  # the published spacing shows where the union is one pixel


def test_exactly_three_pixels_may_round_to_less_as_in_the_published_evaluation():
    """Centroids at 10/3 and 19/3: in float64 they are 2.9999999999999996 apart, so the target counts as found."""
    corner = [(0, 0), (1, 0), (1, 1)]
    mask, score = np.zeros((8, 12), dtype=bool), np.zeros((8, 12))
    for row, column in corner:
        mask[2 + row, 3 + column] = True
        score[2 + row, 6 + column] = 1
    published = PublishedEvaluation()
    published.update(score, mask)
    assert count_image(score, mask).detected == published.detected == 1
