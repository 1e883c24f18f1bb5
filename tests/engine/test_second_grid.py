"""Scores on a second grid: the network's own map where it saw that grid, and the native number stays as it was."""

import dataclasses

import numpy as np
import torch
from tiny_training import tiny_job

from istdbench.engine.evaluate import count_images, metric_values
from istdbench.engine.inputs import InputTransform
from istdbench.engine.predict import learned_predictor
from istdbench.engine.second_grid import SecondGrid, second_grid

SIDE = 48


class Bright(torch.nn.Module):
    def forward(self, x):
        return 8 * (x - 0.5)


def dataset():
    return tiny_job().dataset


def names():
    return dataset().names("official", "test")


def test_a_network_that_saw_the_grid_is_scored_on_its_own_map():
    second = SecondGrid(dataset(), SIDE, 0.5)
    transform = InputTransform(SIDE, pad=32, mean=80, sd=120)
    predict = learned_predictor(Bright(), 1, transform, "cpu", second.observe)
    native = metric_values(count_images(predict, dataset(), names(), 0.5))

    union = both = 0
    for name in names():
        seen = transform.sample(dataset().load(name))
        predicted = seen.image > 0.5
        both += np.count_nonzero(predicted & seen.mask)
        union += np.count_nonzero(predicted | seen.mask)
    assert second.result().side == SIDE
    assert second.result().value("IoU") == both / union != native["IoU"]


def test_a_perfect_map_is_nearly_perfect_on_any_grid():
    second = SecondGrid(dataset(), 512, 0.5)

    def predict(name, image):
        score = dataset().load(name).mask.astype(np.float32)
        second.observe(name, score)
        return score

    values = metric_values(count_images(predict, dataset(), names(), 0.5))
    assert values["IoU"] == 1
    assert 0.9 < second.result().value("IoU") <= 1
    assert second.result().value("Pd") == 1
    assert second.result().intervals.keys() == second.result().values.keys()


def test_there_is_none_unless_the_protocol_asks_for_it():
    job = tiny_job()
    assert second_grid(job) is None
    scoring = job.protocol.scoring.model_copy(update={"second_grid": 64})
    asked = dataclasses.replace(job, protocol=job.protocol.model_copy(update={"scoring": scoring}))
    assert second_grid(asked).side == 64
