"""Sequences of the synthetic data set: what moves, what does not, and that the last frame is the image."""

import numpy as np
import pytest

from istdbench.datasets.motion import FASTEST, SLOWEST, longest, render_sequence
from istdbench.datasets.render import SUBPIXEL, Scene, render
from istdbench.datasets.synth import SYNTH
from istdbench.errors import UsageError
from istdbench.files import sha256_bytes
from istdbench.spec import parse_spec

SCENE = Scene(size=96, scr=100, sigma=1.5, clutter="cloud")


def build(text):
    return SYNTH.build(parse_spec(text))


@pytest.mark.parametrize("frames", [1, 2, 6])
def test_the_last_frame_is_the_image(frames):
    for seed in range(5):
        found = render_sequence(seed, SCENE, frames)
        assert found.shape == (frames, 96, 96)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found[-1], render(seed, SCENE)[0])


def test_more_frames_begin_earlier_and_end_the_same():
    np.testing.assert_array_equal(render_sequence(3, SCENE, 6)[-3:], render_sequence(3, SCENE, 3))


def test_the_bits_are_the_same_on_every_machine():
    """If this fails, either raise VERSION and pin anew, or mend what made it vary. Never only the latter half."""
    found = build("synth:frames=6").sequence("test_0000")
    assert sha256_bytes(found.astype(np.uint8).tobytes())[:16] == "f335c13ebc8d40a4"


def test_a_target_moves_at_a_constant_speed_and_stays_in_the_image():
    moved = 0
    for seed in range(40):
        mask = render(seed, SCENE)[1]
        if not 0 < mask.sum() < 16:  # one target
            continue
        centres = [np.argwhere(frame > 240).mean(axis=0) for frame in render_sequence(seed, SCENE, 6)]
        assert mask[tuple(np.round(centres[-1]).astype(int))]
        steps = np.diff(centres, axis=0)
        assert (np.ptp(steps, axis=0) < 1).all()
        speeds = np.abs(steps.mean(axis=0)) * SUBPIXEL
        assert (speeds > SLOWEST - 1).all() and (speeds < FASTEST + 1).all()
        moved += 1
    assert moved > 10


def test_the_background_drifts_as_a_whole_and_the_noise_is_new():
    still = Scene(size=96, scr=0.1, sigma=1.5, clutter="cloud")
    frames = render_sequence(1, still, 2).astype(float)
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    errors = {shift: np.std(np.roll(frames[0], shift, (0, 1))[2:-2, 2:-2] - frames[1][2:-2, 2:-2]) for shift in shifts}
    assert min(errors.values()) == pytest.approx(2 * 2**0.5, rel=0.1)  # two draws of noise of 2 grey levels


def test_images_and_masks_do_not_depend_on_how_many_frames_there_are():
    one, six = build("synth:size=64"), build("synth:size=64,frames=6")
    assert (one.frames, six.frames) == (1, 6)
    assert one.fingerprint != six.fingerprint
    np.testing.assert_array_equal(one.load("test_0001").image, six.load("test_0001").image)
    np.testing.assert_array_equal(one.load("test_0001").mask, six.load("test_0001").mask)
    np.testing.assert_array_equal(six.sequence("test_0001")[-1], six.load("test_0001").image)
    np.testing.assert_array_equal(one.sequence("test_0001"), one.load("test_0001").image[np.newaxis])


@pytest.mark.parametrize("frames", [0, 65])
def test_too_many_frames_are_refused(frames):
    with pytest.raises(UsageError, match=f"frames={frames} is not a whole number from 1 to 64"):
        build(f"synth:frames={frames}")


def test_a_target_is_in_the_image_in_the_longest_sequence_and_none_is_longer():
    tiny = Scene(size=64, scr=100, sigma=0.6, clutter="cloud")
    assert longest(64) == 17
    for seed in range(40):
        if render(seed, tiny)[1].any():
            assert render_sequence(seed, tiny, 17)[0].max() > 240
    with pytest.raises(
        UsageError, match="frames=18 targets would move out of images of size=64; frames are at most 17"
    ):
        build("synth:size=64,frames=18")
