"""Training images without a target: trained on or left out, and losses by which they teach nothing."""

import dataclasses

import numpy as np
import pytest
from tiny_training import tiny_job

from istdbench.datasets.dataset import Sample
from istdbench.protocols.fields import Training
from istdbench.protocols.protocol import Protocol, load_protocol
from istdbench.training.untaught import warn_of_untaught


def half_empty(job):
    """The job's data set with no target in every second of its training images."""
    dataset = job.dataset
    load, emptied = dataset.load, set(dataset.names("official", "train")[::2])

    class HalfEmpty(type(dataset)):
        def load(self, name):
            sample = load(name)
            return Sample(name, sample.image, sample.mask & (name not in emptied))

    clone = object.__new__(HalfEmpty)
    clone.__dict__.update(dataset.__dict__)
    return dataclasses.replace(job, dataset=clone), emptied


def without(protocol: Protocol) -> Protocol:
    return protocol.changed({"data.backgrounds": "false"})


def test_a_protocol_trains_on_all_images_or_on_those_with_a_target():
    job, emptied = half_empty(tiny_job())
    every = job.dataset.names("official", "train")
    left = dataclasses.replace(job, protocol=without(job.protocol)).train_names
    assert job.train_names == every
    assert left == tuple(name for name in every if name not in emptied) and left


def test_leaving_them_out_is_another_protocol_and_another_training_and_keeping_them_is_what_it_was():
    native = load_protocol("native", "nuaa")
    assert "backgrounds" not in native.model_dump(mode="json")["data"]
    assert native.changed({"data.backgrounds": "true"}).hash == native.hash
    assert len({protocol.hash for protocol in (native, without(native))}) == 2
    assert len({protocol.training_hash for protocol in (native, without(native))}) == 2
    assert load_protocol("native:data.backgrounds=false", "nuaa").name == "native:data.backgrounds=false"


SAMPLES = [Sample(str(n), np.zeros((4, 4), np.float32), np.eye(4, dtype=bool) & (n > 0)) for n in range(3)]


def test_losses_that_backgrounds_teach_nothing_are_told_of():
    with pytest.warns(UserWarning, match="1 of 3 training images have no target, and plain_niou has no gradient"):
        warn_of_untaught(Training(losses={"plain_niou": 1.0}), SAMPLES)


@pytest.mark.parametrize(
    ("recipe", "samples"),
    [
        (Training(losses={"plain_niou": 1.0}), SAMPLES[1:]),
        (Training(losses={"plain_niou": 1.0, "bce": 1.0}), SAMPLES),
        (Training(losses={"sls": 1.0}), SAMPLES),
    ],
)
def test_nothing_is_told_where_there_is_nothing_to_tell(recipe, samples, recwarn):
    warn_of_untaught(recipe, samples)
    assert not recwarn
