"""What a method answers is refused, with both shapes, where it is no answer: wherever a method is called."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from odd_answers import ANSWERS, RESPONSES, odd_filter, odd_method
from tiny_training import MANY_HEADS, RECIPE, Spots, tiny_job

from istdbench.audit.audit import Audit
from istdbench.conformance import cases
from istdbench.conformance.sentences import ConformanceError
from istdbench.datasets.dataset import Sample
from istdbench.detection.detector import Detector
from istdbench.errors import DataError
from istdbench.methods.outputs import Outputs
from istdbench.protocols.fields import Training
from istdbench.scoring.image_counts import Counts
from istdbench.scoring.inputs import InputTransform
from istdbench.scoring.loop import score_images
from istdbench.scoring.predictors import classical_predictor, network_predictor
from istdbench.training.objective import objective
from istdbench.training.train import train

SEEN = InputTransform(None, 32, 80.0, 20.0)


class Squares(Spots):
    """The spots, of 32 x 32."""

    def load(self, name: str) -> Sample:
        sample = super().load(name)
        image, mask = (np.resize(each, (32, 32)) for each in (sample.image, sample.mask))
        return Sample(name, image, mask)


def scored(predict) -> None:
    """A run, `score`, `curves` and `audit` show maps to these."""
    score_images(predict, Squares(), ["test0"], Counts(0.5), Counts(0.5, 64), Audit())


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_network_s_odd_answer_is_scored_by_no_verb(kind):
    method = odd_method(kind)
    predict = network_predictor(method.build(), 1, SEEN, "cpu")
    with pytest.raises(DataError, match=f"spots, test0: the network's answer {ANSWERS[kind][1]}"):
        scored(predict)
    detector = Detector(method, {}, method.build(), SEEN)
    with pytest.raises(DataError, match=ANSWERS[kind][1]):
        detector(np.full((32, 32), 90, np.float32))


@pytest.mark.parametrize("kind", ["half size", "three channels", "no channel", "a batch of two", "a tuple"])
def test_a_network_with_an_odd_answer_is_not_trained(kind):
    recipe = {**RECIPE, "batch": 1, "augmentation": {"crop": 32}}
    with pytest.raises(DataError, match=ANSWERS[kind][1]):
        train(tiny_job(method=odd_method(kind), **recipe))


@pytest.mark.parametrize("kind", ["half size", "a batch of two", "NaN"])
def test_one_that_is_odd_in_evaluation_alone_is_found_when_it_is_validated(kind):
    with pytest.raises(DataError, match="spots, val0: the network's answer"):
        train(tiny_job(method=odd_method(kind, in_training=False)))


def test_heads_are_smaller_by_a_whole_fraction_the_first_one_never():
    images, masks = torch.zeros(2, 1, 32, 32), torch.zeros(2, 1, 32, 32)
    loss = objective(Training(losses={"bce": 1.0}))
    full, half, odd = (torch.zeros(2, 1, side, side) for side in (32, 16, 20))
    assert loss(Outputs((full, half)), images, masks, 0) > 0
    for heads, said in {
        (half, full): "head 0 is 2 x 1 x 16 x 16 .* 2 x 1 x 32 x 32",
        (full, odd): "head 1 is 2 x 1 x 20 x 20",
        (full, half.expand(-1, 3, -1, -1)): "head 1 is 2 x 3 x 16 x 16 .* 2 x 1 x 16 x 16",
    }.items():
        with pytest.raises(DataError, match=said):
            loss(Outputs(heads), images, masks, 0)
    with pytest.raises(DataError, match="edge head is 2 x 1 x 16 x 16"):
        loss(Outputs((full,), edge=half), images, masks, 0)
    with pytest.raises(DataError, match="interior head is 2 x 1 x 16 x 16"):
        loss(Outputs((full,), interior=half), images, masks, 0)
    with pytest.raises(DataError, match="image head is 2 x 3 x 32 x 32"):
        loss(Outputs((full,), image=full.expand(-1, 3, -1, -1)), images, masks, 0)
    assert train(tiny_job(method=MANY_HEADS)).is_file()


@pytest.mark.parametrize("kind", RESPONSES)
def test_an_odd_response_is_scored_by_no_verb(kind):
    method = odd_filter(kind)
    with pytest.raises(DataError, match=f"spots, test0: the response {RESPONSES[kind][1]}"):
        scored(classical_predictor(tiny_job(method=method), method))
    with pytest.raises(DataError, match=RESPONSES[kind][1]):
        Detector(method, method.resolve({}))(np.full((32, 32), 95, np.float32))


@pytest.mark.parametrize("level", [np.nan, np.inf, "high", None, np.zeros(2)])
def test_a_threshold_rule_gives_one_finite_number(level):
    method = replace(odd_filter("NaN", lambda response: level), response=lambda image: image)
    with pytest.raises(DataError, match="the threshold of the response is .*; a finite number is needed"):
        method.score(np.full((32, 32), 95, np.float32), {})


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_conformance_suite_fails_it(kind):
    said = []
    for case in cases(odd_method(kind)):
        if case.check.startswith(("scores_", "images_of_a_batch")):
            try:
                case.run()
            except ConformanceError as error:
                said.append(str(error))
    wanted = {"a tuple": "returned a tuple; return one tensor", "whole numbers": "int64; return float32", "NaN": "NaN"}
    assert any(wanted.get(kind, "64 x 64") in sentence for sentence in said)
