"""Methods of several frames: on sequences they run, on single images the error says what to use."""

import numpy as np
import pytest

from istdbench.engine.job import make_job
from istdbench.engine.predict import classical_predictor
from istdbench.errors import UsageError
from istdbench.methods.spec import Method
from istdbench.methods.thresholds import half_max
from istdbench.registry import METHODS
from istdbench.spec import parse_spec


def job(method, dataset):
    return make_job(parse_spec(method), parse_spec(dataset), None)


def test_on_single_images_the_error_says_what_it_needs_what_there_is_and_what_to_use():
    sentence = "mslstipt needs sequences of 6 frames; nuaa has single images; use synth:frames=6"
    with pytest.raises(UsageError, match=sentence):
        job("mslstipt", "nuaa")
    with pytest.raises(UsageError, match="synth:frames=4 has sequences of 4; use synth:frames=6"):
        job("mslstipt", "synth:frames=4")


def test_a_method_sees_the_frames_it_needs_that_end_with_the_image(monkeypatch):
    seen = []

    def response(frames):
        seen.append(frames)
        return frames[-1]

    method = Method(
        name="last", kind="classical", summary="", paper="", response=response, threshold=half_max(), frames=2
    )
    monkeypatch.setattr(METHODS, "get", {"last": method}.__getitem__)
    found = job("last", "synth:size=64,frames=3")
    sample = found.dataset.load("test_0000")
    score = classical_predictor(found)("test_0000", sample.image)
    np.testing.assert_array_equal(seen[0], found.dataset.sequence("test_0000")[-2:])
    np.testing.assert_array_equal(score > 0.5, sample.image > sample.image.max() / 2)


def test_a_method_of_one_frame_sees_the_image_of_a_sequence():
    on_image, on_sequence = (job("tophat", data) for data in ("synth:size=64", "synth:size=64,frames=6"))
    image = on_image.dataset.load("test_0000").image
    scores = [classical_predictor(found)("test_0000", image) for found in (on_image, on_sequence)]
    np.testing.assert_array_equal(*scores)


def test_a_network_of_several_frames_is_refused():
    with pytest.raises(UsageError, match="method 'net' is learned and takes 6 frames; networks take one"):
        Method(name="net", kind="learned", summary="", paper="", build=lambda: None, frames=6)
