"""Counts on a second grid: the network's own map where it saw that grid, and the native number stays as it was."""

import dataclasses

import numpy as np
import torch
from tiny_training import tiny_job

from istdbench.datasets.dataset import Sample
from istdbench.metrics.alarms import ALARMS
from istdbench.runs.to_record import metrics_info
from istdbench.scoring.image_counts import Counts, metric_values, score_job
from istdbench.scoring.inputs import InputTransform
from istdbench.scoring.loop import Maps, predictor_of, score_images
from istdbench.scoring.predictors import network_predictor

SIDE = 48


class Bright(torch.nn.Module):
    def forward(self, x):
        return 8 * (x - 0.5)


def dataset():
    return tiny_job().dataset


def names():
    return dataset().names("official", "test")


def test_a_network_that_saw_the_grid_is_scored_on_its_own_map():
    native, second = Counts(0.5), Counts(0.5, SIDE)
    transform = InputTransform(SIDE, pad=32, mean=80, sd=120)
    score_images(network_predictor(Bright(), 1, transform, "cpu"), dataset(), names(), native, second)

    union = both = 0
    for name in names():
        seen = transform.sample(dataset().load(name))
        predicted = seen.image > 0.5
        both += np.count_nonzero(predicted & seen.mask)
        union += np.count_nonzero(predicted | seen.mask)
    on_native, on_second = (metric_values(counts.by_name)["IoU"] for counts in (native, second))
    assert on_second == both / union != on_native


def test_a_perfect_map_is_nearly_perfect_on_any_grid():
    def predict(sample):
        perfect = sample.mask.astype(np.float32)
        return Maps(perfect, perfect)

    grids = [Counts(0.5), Counts(0.5, 512)]
    score_images(predict, dataset(), names(), *grids)
    found = metrics_info(grids, dataset())
    assert found.value("IoU") == 1
    assert found.second_grid.side == 512
    assert 0.9 < found.second_grid.value("IoU") <= 1
    assert found.second_grid.value("Pd") == 1
    assert found.second_grid.intervals.keys() == found.second_grid.values.keys()


def test_false_alarms_on_backgrounds_are_of_the_native_grid_alone():
    """On a coarse grid a target may vanish, and its image is no background for that."""

    class OneEmpty(type(dataset())):
        def load(self, name):
            sample = super().load(name)
            return sample if name != names()[0] else Sample(name, sample.image, np.zeros_like(sample.mask))

    def predict(sample):
        alarm = np.zeros(sample.mask.shape, dtype=np.float32)
        alarm[0, 0] = 1
        return Maps(alarm, alarm)

    grids = [Counts(0.5), Counts(0.5, 4)]
    score_images(predict, OneEmpty(), names(), *grids)
    found = metrics_info(grids, OneEmpty())
    assert found.value("false_regions") == found.value("alarmed_backgrounds") == 1
    assert found.values.keys() - found.second_grid.values.keys() == {entry.name for entry in ALARMS}


def test_there_is_none_unless_the_protocol_asks_for_it():
    job = tiny_job()
    blank = predictor_of(lambda name, image: np.zeros(image.shape))
    assert [counts.side for counts in score_job(job, blank)] == [None]
    scoring = job.protocol.scoring.model_copy(update={"second_grid": 64})
    asked = dataclasses.replace(job, protocol=job.protocol.model_copy(update={"scoring": scoring}))
    assert [counts.side for counts in score_job(asked, blank)] == [None, 64]
