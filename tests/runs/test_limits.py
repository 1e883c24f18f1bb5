"""Detection limits on generated images."""

from __future__ import annotations

import pytest
from tiny_training import register_tiny, tiny_protocol_file

from istdbench.errors import UsageError, WeightsError
from istdbench.jobs.job import make_job
from istdbench.runs.limits import detection_limits
from istdbench.spec import parse_spec
from istdbench.training.train import train


def test_bright_targets_are_detected_and_invisible_ones_are_not_at_the_asked_fa():
    points = list(detection_limits(parse_spec("tophat"), parse_spec("synth:n=8,size=64"), [0.1, 30.0], [1.5], fa=1e-4))
    dim, bright = points
    assert (dim.scr, bright.scr) == (0.1, 30) and dim.targets > 3 and bright.targets > 3
    assert bright.detected == bright.targets and bright.fa < 1e-3
    assert dim.detected < dim.targets / 2


def test_limits_are_of_synth_alone_and_set_its_contrast_and_size_themselves():
    for name in ("nuaa", "synth:scr=3"):
        with pytest.raises(UsageError, match="measured on synth"):
            next(detection_limits(parse_spec("tophat"), parse_spec(name), [1.0], [1.0]))


def test_weights_that_saw_the_test_images_are_refused(tmp_path, monkeypatch):
    register_tiny(monkeypatch)
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    synth, rules = "synth:n=3,size=64,scr=9.0,sigma=1.0", tiny_protocol_file(tmp_path, data={"train": "test"})
    train(make_job(parse_spec("tiny"), parse_spec(synth), rules))
    with pytest.raises(WeightsError, match="trained on 3 of the 3 images"):
        next(detection_limits(parse_spec("tiny"), parse_spec("synth:n=3,size=64"), [9.0], [1.0], protocol=rules))
