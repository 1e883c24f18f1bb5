"""The torchmetrics classes: shapes of batches, state over reset and batches, and agreement with the declarations."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from metric_maps import draw
from torchmetrics import MetricCollection

from istdbench.errors import DataError
from istdbench.metrics import REFERENCE, stateful, summarise
from istdbench.metrics.counting import count_image
from istdbench.metrics.stateful import NIoU, ReferenceMetrics

SINGLE = {
    "IoU": stateful.IoU,
    "nIoU": stateful.NIoU,
    "Pd": stateful.Pd,
    "Fa": stateful.Fa,
    "precision": stateful.PixelPrecision,
    "recall": stateful.PixelRecall,
    "F1": stateful.PixelF1,
    "target_precision": stateful.TargetPrecision,
    "target_F1": stateful.TargetF1,
}


def random_maps(n: int = 6, height: int = 24, width: int = 31) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores (n, 1, H, W) and bool masks of the same shape, with hits, misses and false alarms."""
    generator = torch.Generator().manual_seed(0)
    masks = torch.rand(n, 1, height, width, generator=generator) > 0.97
    noise = torch.rand(2, *masks.shape, generator=generator)
    scores = torch.where(masks, noise[0] ** 0.5, noise[1] ** 20)
    return scores, masks


SCORES, MASKS = random_maps()
COUNTS = [count_image(score[0].numpy(), mask[0].numpy()) for score, mask in zip(SCORES, MASKS, strict=True)]


def values_after(*updates):
    metrics = ReferenceMetrics()
    for scores, masks in updates:
        metrics.update(scores, masks)
    return metrics.compute()


def test_the_maps_of_this_test_hold_every_kind_of_region():
    assert all(0 < value < 1 for value in summarise(COUNTS).values())


def test_a_batch_gives_the_values_of_the_declarations_and_the_counts_of_each_image():
    metrics = ReferenceMetrics()
    metrics.update(SCORES, MASKS)
    assert metrics.compute() == summarise(COUNTS)
    assert all(type(value) is float for value in metrics.compute().values())
    assert metrics.per_image() == COUNTS


@pytest.mark.parametrize(
    ("scores", "masks"),
    [
        (SCORES[:, 0], MASKS[:, 0]),
        (SCORES, MASKS[:, 0]),
        (list(SCORES), list(MASKS)),
        ([score[0] for score in SCORES], [mask[0] for mask in MASKS]),
        (list(SCORES[:, 0].numpy()), tuple(MASKS[:, 0].numpy())),
        (SCORES.double(), MASKS.float()),
        (SCORES.clone().requires_grad_(), MASKS.to(torch.uint8)),
    ],
    ids=["(B, H, W)", "mixed", "list of (1, H, W)", "list of (H, W)", "NumPy", "other types", "with gradient"],
)
def test_a_batch_may_come_in_any_of_the_shapes(scores, masks):
    assert values_after((scores, masks)) == summarise(COUNTS)


def test_one_image_may_come_alone():
    assert values_after((SCORES[2, 0], MASKS[2, 0])) == values_after((SCORES[2:3], MASKS[2:3]))


def test_bfloat16_scores_are_taken():
    assert values_after((SCORES.bfloat16(), MASKS)) == values_after((SCORES.bfloat16().float(), MASKS))


@pytest.mark.parametrize("cuts", [[1, 1, 1, 1, 1, 1], [4, 2], [0, 5, 1]])
def test_values_do_not_depend_on_how_the_images_are_batched(cuts):
    batches = zip(SCORES.split(cuts), MASKS.split(cuts), strict=True)
    np.testing.assert_equal(values_after(*batches), summarise(COUNTS))


def test_images_of_different_sizes_go_into_one_list():
    small, large = draw((2, 2, 2, 2), shape=(9, 12)), draw((30, 30, 4, 4), shape=(64, 40))
    metrics = ReferenceMetrics()
    metrics.update([small.astype(np.float32), torch.zeros(64, 40)], [small, torch.from_numpy(large)])
    assert [image.pixels for image in metrics.per_image()] == [9 * 12, 64 * 40]
    assert metrics.compute()["Pd"] == 0.5


def test_four_epochs_with_reset_give_the_same_value_each_time():
    """MSHNet's reset keeps the target count: a perfect network has Pd 1, 0.5, 0.33, 0.25."""
    metrics = ReferenceMetrics()
    values = []
    for _ in range(4):
        metrics.reset()
        metrics.update(MASKS.float(), MASKS)
        values.append(metrics.compute())
    assert [value["IoU"] for value in values] == [1, 1, 1, 1]
    assert values[1:] == values[:-1]


def test_after_reset_there_is_nothing():
    metrics = ReferenceMetrics()
    metrics.update(SCORES, MASKS)
    metrics.reset()
    assert metrics.per_image() == []


@pytest.mark.filterwarnings("ignore:The ``compute`` method:UserWarning")
def test_no_images_give_nan():
    assert all(np.isnan(value) for value in ReferenceMetrics().compute().values())


def test_calling_the_metric_returns_the_batch_and_keeps_the_set():
    metrics = ReferenceMetrics()
    first = metrics(SCORES[:4], MASKS[:4])
    metrics(SCORES[4:], MASKS[4:])
    assert first == summarise(COUNTS[:4])
    assert metrics.compute() == summarise(COUNTS)


def test_a_refused_image_is_named_and_nothing_of_its_batch_is_kept():
    metrics = ReferenceMetrics()
    metrics.update(SCORES[:2], MASKS[:2])
    with pytest.raises(DataError, match=r"image 3 of the batch: .*not in \[0, 1\]"):
        metrics.update(torch.cat([SCORES[:3], SCORES[3:] + 1]), MASKS)
    assert metrics.per_image() == COUNTS[:2]


@pytest.mark.parametrize(
    ("scores", "masks", "message"),
    [
        (SCORES, MASKS[:4], "6 score maps but 4 masks"),
        (SCORES.expand(-1, 3, -1, -1), MASKS, r"\(6, 3, 24, 31\); pass \(B, 1, H, W\)"),
        (SCORES[0, 0, 0], MASKS[0, 0, 0], r"\(31,\)"),
    ],
    ids=["too few masks", "three channels", "one row"],
)
def test_batches_that_do_not_fit_are_refused(scores, masks, message):
    with pytest.raises(DataError, match=message):
        ReferenceMetrics().update(scores, masks)


def test_threshold_and_distance_are_used():
    metrics = ReferenceMetrics(threshold=0.2, distance=1.0)
    metrics.update(SCORES, MASKS)
    assert metrics.per_image() == [
        count_image(score[0].numpy(), mask[0].numpy(), threshold=0.2, distance=1.0)
        for score, mask in zip(SCORES, MASKS, strict=True)
    ]
    assert metrics.per_image() != COUNTS


@pytest.mark.parametrize("name", SINGLE)
def test_each_single_metric_gives_its_value_of_the_reference(name):
    metric = SINGLE[name]()
    metric.update(SCORES, MASKS)
    assert metric.compute() == torch.tensor(summarise(COUNTS)[name], dtype=torch.float64)
    assert metric.higher_is_better is (name != "Fa")


def test_the_single_metrics_work_as_a_torchmetrics_collection():
    collection = MetricCollection({name: metric() for name, metric in SINGLE.items()})
    for scores, masks in zip(SCORES.split(2), MASKS.split(2), strict=True):
        collection.update(scores, masks)
    assert {name: value.item() for name, value in collection.compute().items()} == summarise(COUNTS)


@pytest.mark.parametrize("metric", [stateful.FalseRegions, stateful.AlarmedBackgrounds, stateful.AlarmsPerHour])
def test_each_metric_of_backgrounds_gives_the_value_of_its_declaration(metric):
    masks = MASKS.clone()
    masks[:3] = False
    found = metric()
    found.update(SCORES, masks)
    counts = [count_image(score[0].numpy(), mask[0].numpy()) for score, mask in zip(SCORES, masks, strict=True)]
    assert found.compute() == torch.tensor(metric.declared.compute(counts), dtype=torch.float64) > 0
    assert metric.higher_is_better is False and metric.__doc__.startswith(f"{metric.declared.label}: ")


def test_niou_takes_its_policy():
    blank = torch.zeros(2, 8, 8)
    values = {empty: NIoU(empty=empty)(blank, blank).item() for empty in ("skip", "one", "zero")}
    np.testing.assert_equal(values, {"skip": np.nan, "one": 1.0, "zero": 0.0})


@pytest.mark.parametrize("metric", [ReferenceMetrics(), NIoU(empty="zero"), stateful.Pd()], ids=repr)
def test_a_metric_keeps_its_state_through_a_pickle(metric):
    metric.update(SCORES, MASKS)
    assert pickle.loads(pickle.dumps(metric)).compute() == metric.compute()


def test_each_single_metric_has_a_docstring_that_begins_with_its_label():
    for name, metric in SINGLE.items():
        [entry] = [entry for entry in REFERENCE if entry.name == name]
        assert metric.__doc__.startswith(f"{entry.label}: ")
