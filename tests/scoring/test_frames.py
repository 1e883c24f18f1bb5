"""Methods of several frames: on sequences they run, on single images the error says what to use."""

import numpy as np
import pytest

from istdbench.errors import UsageError
from istdbench.jobs.job import make_job
from istdbench.methods.method import Classical, Learned
from istdbench.methods.thresholds import half_max
from istdbench.registry import METHODS
from istdbench.scoring.predictors import job_predictor
from istdbench.spec import parse_spec


def job(method, dataset):
    return make_job(parse_spec(method), parse_spec(dataset), None)


def test_on_single_images_the_error_says_what_it_needs_what_there_is_and_what_to_use():
    use = "use a data set of sequences, such as synth:frames=6"
    with pytest.raises(UsageError, match=f"mslstipt needs sequences of 6 frames; nuaa has single images; {use}"):
        job("mslstipt", "nuaa")
    with pytest.raises(UsageError, match="`istdbench predict FOLDER --method mslstipt --out DIR`"):
        job("mslstipt", "nuaa")
    with pytest.raises(UsageError, match=f"synth:frames=4 has sequences of 4; {use}"):
        job("mslstipt", "synth:frames=4")


def test_a_method_sees_the_frames_it_needs_that_end_with_the_image(monkeypatch):
    seen = []

    def response(frames):
        seen.append(frames)
        return frames[-1]

    method = Classical(name="last", summary="", paper="", response=response, threshold=half_max(), frames=2)
    monkeypatch.setattr(METHODS, "get", {"last": method}.__getitem__)
    found = job("last", "synth:size=64,frames=3")
    sample = found.dataset.load("test_0000")
    score = job_predictor(found)(sample).score
    np.testing.assert_array_equal(seen[0], found.dataset.sequence("test_0000")[-2:])
    np.testing.assert_array_equal(score > 0.5, sample.image > sample.image.max() / 2)


def test_a_method_of_one_frame_sees_the_image_of_a_sequence():
    on_image, on_sequence = (job("tophat", data) for data in ("synth:size=64", "synth:size=64,frames=6"))
    sample = on_image.dataset.load("test_0000")
    scores = [job_predictor(found)(sample).score for found in (on_image, on_sequence)]
    np.testing.assert_array_equal(*scores)


def test_a_network_takes_one_frame_and_no_other_number():
    assert Learned(name="net", summary="", paper="", build=lambda: None).frames == 1
    with pytest.raises(TypeError, match="frames"):
        Learned(name="net", summary="", paper="", build=lambda: None, frames=6)
