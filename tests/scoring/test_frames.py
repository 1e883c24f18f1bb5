"""Methods of several frames: on sequences they run, on single images the error says what to use."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from tiny_training import Spots, tiny_protocol
from torch import nn

from istdbench.datasets.crops import augment
from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.jobs.header import WeightsHeader
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.weights import load_weights, save_weights
from istdbench.methods.method import Classical, Learned
from istdbench.methods.thresholds import half_max
from istdbench.registry import BUILT_IN, METHODS
from istdbench.results import NetworkInput
from istdbench.scoring.image_counts import count_images, metric_values
from istdbench.scoring.predictors import job_predictor
from istdbench.spec import parse_spec
from istdbench.training.train import train

GRAY = NetworkInput(pad=32, mean=100, sd=10, channels=1)


class Before(nn.Module):
    """The frame two before the last, as logits."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, frames):
        return self.gain * frames[:, -3:-2]


BEFORE = Learned(name="before", summary="", paper="", build=Before, frames=3)
TINY_SEQUENCE = replace(
    BEFORE,
    name="tiny_sequence",
    build=lambda: nn.Sequential(nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.Conv2d(8, 1, 1)),
)


@dataclass
class Filmed(Spots):
    """Spots that were not there before, beside a still one of the same kind that is no target."""

    count: int = 8
    frames: int = 3

    def load(self, name):
        sample = super().load(name)
        image = sample.image.copy()
        image[-3:, :3] += 120
        return replace(sample, image=image.clip(0, 255))

    def sequence(self, name):
        sample = self.load(name)
        earlier = np.where(sample.mask, 80, sample.image)
        return np.stack([earlier + 1, earlier, sample.image]).astype(np.float32)


def job(method, dataset):
    return make_job(parse_spec(method), parse_spec(dataset), None)


def test_on_single_images_the_error_says_what_it_needs_what_there_is_and_what_to_use():
    use = "use a data set of sequences, such as synth:frames=6 or folder:PATH,frames=6"
    with pytest.raises(UsageError, match=f"mslstipt needs sequences of 6 frames; nuaa has single images; {use}"):
        job("mslstipt", "nuaa")
    with pytest.raises(UsageError, match="`istdbench predict FOLDER --method mslstipt --out DIR`"):
        job("mslstipt", "nuaa")


def test_a_data_set_of_sequences_that_has_too_few_frames_is_offered_with_as_many():
    with pytest.raises(UsageError, match="synth:frames=4,n=3 has sequences of 4; use synth:frames=6,n=3, or detect"):
        job("mslstipt", "synth:frames=4,n=3")
    with pytest.raises(UsageError, match="istd_seq has single images; use istd_seq:frames=5, or detect"):
        job("dtum", "istd_seq")


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


def test_frames_of_a_network_are_its_channels():
    network = Learned(name="net", summary="", paper="", build=lambda: None, frames=6)
    assert (network.channels, network.in_channels) == (6, 1)
    with pytest.raises(UsageError, match="frames are its channels, so leave in_channels=3 out"):
        replace(network, in_channels=3)


def test_a_network_is_shown_the_frames_that_end_with_the_image(monkeypatch, tmp_path):
    monkeypatch.setitem(METHODS._found, "before", (BUILT_IN, BEFORE))
    found = job("before", "synth:size=64,frames=4")
    header = WeightsHeader(method="before", options={}, input=GRAY, threshold=0.5)
    save_weights(tmp_path / "a.safetensors", Before().state_dict(), header)
    sample = found.dataset.load("test_0000")
    score = job_predictor(found, tmp_path / "a.safetensors")(sample).score
    earlier = found.dataset.sequence("test_0000")[-3]
    np.testing.assert_allclose(score, 1 / (1 + np.exp(-(earlier - 100) / 10)), atol=1e-6)


@pytest.mark.parametrize("zoom", [None, (0.5, 2.0)])
def test_a_training_crops_all_frames_of_a_window_alike(zoom):
    image = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    moving = np.stack([image - 1, image, image + 1])
    mask = image > 2
    rules = {"crop": 64, "seed": 0, "epoch": 3, "sd": 1.0, "zoom": zoom}
    crops, cropped = augment(Sample("a", moving, mask), **rules)
    crop, other = augment(Sample("a", image, mask), **rules)
    np.testing.assert_array_equal(cropped, other)
    np.testing.assert_array_equal(crops[1], crop)
    gain = crops[2] - crops[1]
    np.testing.assert_allclose(gain, gain.mean(), rtol=1e-4)


def test_a_network_learns_from_windows_and_names_every_frame_of_them(monkeypatch, tmp_path):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path))
    monkeypatch.setitem(METHODS._found, "tiny_sequence", (BUILT_IN, TINY_SEQUENCE))
    data = Filmed()
    spec = parse_spec("tiny_sequence")
    trained = Job(TINY_SEQUENCE, spec, {}, data, tiny_protocol(epochs=16), 0)
    path = train(trained)
    header = load_weights(path)[1]
    assert len(header.training.digests) == 3 * data.count
    assert header.input.channels == 1
    values = metric_values(count_images(job_predictor(trained, path), data, trained.test_names, 0.5))
    assert values["IoU"] > 0.5  # without earlier frames, the still spot is a target as much as the one that moves
