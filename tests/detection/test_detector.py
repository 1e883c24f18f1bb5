"""A detector gives the scores that a run gives, one image at a time and in batches."""

import warnings

import numpy as np
import pytest
import torch
from bright import bright_detector, spots

import istdbench as library
from istdbench.errors import DataError, UsageError, WeightsError
from istdbench.jobs.job import make_job
from istdbench.registry import build_dataset
from istdbench.scoring.loop import each_image
from istdbench.scoring.predictors import job_predictor
from istdbench.spec import parse_spec

BATCH_TOLERANCE = 1e-5
"""Between a score in a batch and alone, of 1: libraries order sums in another way for a batch."""


@pytest.fixture(scope="module")
def images():
    data = build_dataset(parse_spec("synth:n=3"))
    return [data.load(name).image for name in data.names("official", "test")]


@pytest.mark.parametrize("method", ["mim_istd", "baseline"])
def test_scores_in_a_batch_are_those_of_one_image_at_a_time(method, images):
    alone, batched = (library.load(method, "synth", batch=size) for size in (1, 2))
    expected = [alone(image) for image in images]
    for score, single in zip(batched.scores(images), expected, strict=True):
        np.testing.assert_allclose(score, single, atol=BATCH_TOLERANCE)
    assert max(score.max() for score in expected) > 0.9


def test_images_of_several_sizes_are_batched_by_size_and_keep_their_order():
    detector = bright_detector(batch=3)
    seen = []
    look = detector._look
    detector._look = lambda batch: seen.append([piece.shape for piece in batch]) or look(batch)
    shapes = [(8, 9)] * 4 + [(5, 5)] * 2 + [(8, 9)]
    given = [spots(shape, (1, place % 5), side=1, seed=place) for place, shape in enumerate(shapes)]
    for image, score in zip(given, detector.scores(given), strict=True):
        np.testing.assert_array_equal(score > 0.5, image > 128)
    assert [len(batch) for batch in seen] == [3, 1, 2, 1]


def test_the_parts_of_a_detector_make_its_map(images):
    detector = library.load("mim_istd", weights="synth")
    assert isinstance(detector.network, torch.nn.Module) and not detector.network.training
    with torch.inference_mode():
        seen = detector.preprocessing.tensor(images[0])
        logits = detector.network(seen.expand(-1, detector.method.in_channels, -1, -1))
    shape = images[0].shape
    raw = detector.preprocessing.unpadded(logits.sigmoid(), shape)
    np.testing.assert_array_equal(detector(images[0]), detector.preprocessing.restore(raw, shape))
    assert (library.load("tophat").network, library.load("tophat").preprocessing) == (None, None)


def test_a_method_of_sequences_takes_a_stack_of_frames():
    data = build_dataset(parse_spec("synth:n=1,size=64,frames=6"))
    detector = library.load("mslstipt")
    [(name, score)] = library.predict("mslstipt", "synth:n=1,size=64,frames=6")
    np.testing.assert_array_equal(detector(data.sequence(name)), score)
    with pytest.raises(DataError, match=r"\(6, H, W\)"):
        detector(data.load(name).image)


@pytest.mark.parametrize("image", [np.full((9, 9), 7000, np.uint16), np.full((9, 9), -1.0)])
def test_levels_that_are_no_gray_are_refused(image):
    with pytest.raises(DataError, match="gray is 0 to 255 here; scale the levels first"):
        bright_detector()(image)


@pytest.mark.parametrize("image", ["a.png", None, np.full((9, 9), 7 + 1j)])
def test_what_is_no_array_of_levels_is_refused(image):
    with pytest.raises(DataError, match="an image is an array of its levels; this is"):
        bright_detector()(image)


def test_decimal_levels_of_0_to_1_give_a_warning_where_they_are_looked_at():
    detector, image = bright_detector(), spots((30, 30), (10, 10))
    with pytest.warns(UserWarning, match="levels end at .*: gray is 0 to 255 here; multiply those of 0 to 1"):
        assert detector.detect(image / 255) == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(detector.detect(image)) == len(detector.detect(image.astype(float))) == 1
        detector(np.zeros((4, 4)))


@pytest.mark.parametrize("threshold", [128, 1, -0.1, float("nan")])
def test_a_threshold_of_one_image_that_cannot_be_is_refused(threshold):
    with pytest.raises(UsageError, match=r"scores lie in \[0, 1\]"):
        bright_detector().detect(spots((30, 30)), threshold)


def test_a_threshold_moves_what_is_detected():
    image = spots((30, 30), (10, 10))
    image[20, 20] = 140
    assert len(bright_detector().detect(image)) == 2
    assert len(bright_detector(threshold=0.9).detect(image)) == 1
    assert len(bright_detector().detect(image, threshold=0.9)) == 1


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"method": "mim_istd"}, UsageError, "needs weights; the package has --weights irstd1k or --weights nuaa"),
        ({"method": "acm"}, UsageError, "the package has none: train it, or give a file"),
        (
            {"method": "mim_istd", "weights": "no_such"},
            WeightsError,
            "no_such: no such file; .*: irstd1k",
        ),
        (
            {"method": "mim_istd:inner=all", "weights": "nuaa"},
            WeightsError,
            "no weights of mim_istd:inner=all, .* nuaa",
        ),
        (
            {"method": "mim_istd", "weights": "nuaa", "protocol": "native"},
            WeightsError,
            "trained by protocol 'cpu512', not by 'native'",
        ),
        ({"method": "tophat", "weights": "nuaa"}, UsageError, "it has no weights"),
        ({"method": "tophat", "tile": 64}, UsageError, "sets its threshold by the whole image"),
        ({"method": "mim_istd", "weights": "synth", "threshold": 128}, UsageError, "threshold 128: scores lie in"),
        ({"method": "mim_istd", "weights": "synth", "batch": 0}, UsageError, "batch 0"),
        ({"method": "mim_istd", "weights": "synth", "batch": 10**20}, UsageError, "batch 100000000000000000000"),
        ({"method": "mim_istd", "weights": "synth", "tile": "none"}, UsageError, "tile none: .* may be 'auto' or None"),
        ({"method": "mim_istd", "weights": "synth", "tile": 64.5}, UsageError, "tile 64.5"),
    ],
)
def test_what_cannot_be_loaded_is_refused_with_what_there_is(wrong, error, says):
    with pytest.raises(error, match=says):
        library.load(**wrong)


def test_real_images_through_the_command_have_the_very_maps_of_a_run(real_data, istdbench, tmp_path):
    nuaa = real_data("nuaa")
    names = nuaa.names("official", "test")[:3]
    paths = " ".join(str(nuaa.paths(name)[0]) for name in names)
    istdbench(f"predict {paths} --method mim_istd --weights nuaa --out {tmp_path} --save npy")
    job = make_job(parse_spec("mim_istd"), parse_spec("nuaa"), None)
    for sample, maps in each_image(job_predictor(job), nuaa, names):
        np.testing.assert_array_equal(np.load(tmp_path / "maps" / f"{sample.name}.npy"), maps.score)
