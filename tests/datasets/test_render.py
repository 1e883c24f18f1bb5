"""Rendered scenes are what they say: spectra, noise, contrast, spot sizes, counts."""

import cv2
import numpy as np
import pytest

from istdbench.datasets.render import CLUTTER_SD, LEVEL, NOISE_SD, Bits, Scene, clutter, profile, render

SMALL = Scene(size=64, scr=6.0, sigma=1.5, clutter="mixed")


def components(mask):
    return cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1


def amplitudes(stretch, size=128, images=12):
    """Mean amplitude spectrum of windowed clutter, and the frequencies of its rows and columns."""
    window = np.outer(np.hanning(size), np.hanning(size))
    power = sum(np.abs(np.fft.fft2(clutter(Bits(seed), size, stretch) * window)) ** 2 for seed in range(images))
    return np.sqrt(power / images), np.abs(np.fft.fftfreq(size, 1 / size))


def slope(frequency, amplitude):
    return np.polyfit(np.log(frequency), np.log(amplitude), 1)[0]


def test_the_random_bits_are_those_of_pcg64():
    assert Bits(0).below(1 << 64) == 11749869230777074271


def test_below_and_signed_fill_their_ranges_evenly():
    bits = Bits(1)
    assert np.bincount([bits.below(4) for _ in range(4000)]) == pytest.approx(1000, abs=120)
    values = bits.signed(200, 200)
    assert values.min() >= -32768
    assert values.max() <= 32767
    assert values.std() == pytest.approx(65536 / np.sqrt(12), rel=0.02)


def test_noise_is_normal_with_the_asked_standard_deviation():
    noise = Bits(2).normal(300, 300, sd=512)
    assert noise.mean() == pytest.approx(0, abs=5)
    assert noise.std() == pytest.approx(512, rel=0.02)
    assert (np.abs(noise) < 512).mean() == pytest.approx(0.683, abs=0.01)


def test_cloud_clutter_has_an_amplitude_spectrum_of_one_over_f_in_every_direction():
    amplitude, f = amplitudes(stretch=1)
    radius = np.hypot(f[:, None], f)
    band = (radius > 3) & (radius < 40)
    assert slope(radius[band], amplitude[band]) == pytest.approx(-1, abs=0.3)
    assert amplitude[:, 8:32].sum() == pytest.approx(amplitude[8:32].sum(), rel=0.15)


def test_sea_clutter_is_one_over_f_across_its_streaks_and_much_smoother_along_them():
    amplitude, f = amplitudes(stretch=6)
    down = amplitude[4:40, 0]
    along = amplitude[0, 4:40]
    assert slope(f[4:40], down) == pytest.approx(-1, abs=0.35)
    assert down.sum() > 5 * along.sum()


@pytest.mark.parametrize("stretch", [1, 6])
def test_clutter_has_mean_zero_and_the_declared_contrast(stretch):
    values = clutter(Bits(3), 128, stretch)
    assert values.dtype == np.int64
    assert values.mean() == pytest.approx(0, abs=LEVEL)
    assert values.std() == pytest.approx(CLUTTER_SD, rel=0.02)


def test_a_spot_is_a_gaussian_of_its_sigma_at_its_place():
    spot = profile(20 * 8 + 3, 31 * 8, SMALL) / (1 << 15)
    rows, columns = np.mgrid[:64, :64]
    expected = np.exp(-((rows - 20.375) ** 2 + (columns - 31) ** 2) / (2 * 1.5**2))
    np.testing.assert_allclose(spot, expected / expected.max(), atol=2e-4)
    assert spot.max() == 1


@pytest.mark.parametrize("sigma", [0.3, 0.6, 1.5, 4.0])
def test_a_mask_is_where_the_spot_exceeds_half_its_peak_and_never_empty(sigma):
    scene = Scene(size=96, scr=8.0, sigma=sigma, clutter="cloud")
    areas = [mask.sum() / components(mask) for mask in (render(seed, scene)[1] for seed in range(40)) if mask.any()]
    assert min(areas) >= 1
    if sigma >= 1.5:  # a disc of radius sigma * sqrt(2 ln 2), to the grain of pixels
        assert np.mean(areas) == pytest.approx(np.pi * 2 * np.log(2) * sigma**2, rel=0.15)


@pytest.mark.parametrize("kind", ["cloud", "sea"])
@pytest.mark.parametrize("scr", [3.0, 6.0])
def test_targets_stand_out_by_the_asked_signal_to_clutter_ratio(kind, scr):
    """Measured on the finished image, the target left out of its surroundings; noise moves single targets."""
    scene = Scene(size=128, scr=scr, sigma=1.5, clutter=kind)
    measured = []
    for seed in range(80):
        image, mask = render(seed, scene)
        if components(mask) != 1:
            continue
        row, column = np.argwhere(mask).mean(axis=0).round().astype(int)
        window = np.s_[max(0, row - 9) : row + 10, max(0, column - 9) : column + 10]
        spot = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7)))[window] > 0
        around = image[window][~spot]
        measured.append((image[window][spot].max() - around.mean()) / around.std())
    assert len(measured) > 30
    assert np.mean(measured) == pytest.approx(scr, rel=0.12)


def test_one_image_in_ten_is_empty_and_some_have_several_targets():
    scene = Scene(size=128, scr=6.0, sigma=1.0, clutter="cloud")
    counts = np.bincount([components(render(seed, scene)[1]) for seed in range(300)], minlength=4) / 300
    assert counts == pytest.approx([0.10, 0.63, 0.18, 0.09], abs=0.06)


def test_mixed_clutter_is_half_cloud_and_half_sea():
    """Sea rows are alike along, cloud rows are not."""
    smooth = []
    for seed in range(60):
        image = render(seed, SMALL)[0].astype(float)
        smooth.append(np.abs(np.diff(image, axis=1)).mean() < 0.7 * np.abs(np.diff(image, axis=0)).mean())
    assert np.mean(smooth) == pytest.approx(0.5, abs=0.2)


def test_a_scene_too_full_for_its_targets_has_fewer_and_still_ends():
    scene = Scene(size=64, scr=6.0, sigma=8.0, clutter="cloud")
    assert {components(render(seed, scene)[1]) for seed in range(30)} == {0, 1}


def test_sensor_noise_is_in_every_image():
    scene = Scene(size=64, scr=6.0, sigma=1.0, clutter="sea")
    image = render(1, scene)[0].astype(float)
    rows = np.diff(image, n=2, axis=1)  # streaks are straight over three pixels; noise is not
    assert rows.std() / np.sqrt(6) == pytest.approx(NOISE_SD / LEVEL, rel=0.35)
