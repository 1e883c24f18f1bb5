"""Batches: a loader's on the CPU are what they always were, and a device's are the same from the same draws."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_training import MANY_HEADS, Spots, tiny_job, tiny_protocol

from istdbench.datasets.crops import augment, draw_crop
from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.jobs.weights import load_weights
from istdbench.training import train as train_module
from istdbench.training.batch_source import batch_source
from istdbench.training.batched_crops import batched_crops
from istdbench.training.batches import epoch_loader
from istdbench.training.device_batches import DeviceBatches
from istdbench.training.side_by_side import side_by_side, size_in_bytes
from istdbench.training.train import train

CPU = torch.device("cpu")
SD = 40.0
"""Grey levels in the unit of what is cropped."""
LIMIT = 1e-4 / SD
"""A ten-thousandth of a grey level."""
CHANGED = {"crop": 24, "gain": (0.8, 1.2), "offset_sd": 0.2}
MAGNIFIED = CHANGED | {"crop": 20, "zoom": (0.4, 2.5)}


def noise(name: str, rows: int, columns: int, targets: int = 2) -> Sample:
    """Levels that jump from pixel to pixel, so that a weight that is a little wrong is seen."""
    rng = np.random.default_rng(len(name) + rows * columns)
    mask = np.zeros(rows * columns, bool)
    mask[rng.integers(0, rows * columns, targets)] = True
    levels = rng.integers(0, 256, (rows, columns))
    return Sample(name, ((levels - 100) / SD).astype(np.float32), mask.reshape(rows, columns))


def recipe(batch: int = 2, **augmentation: object):
    return tiny_protocol(batch=batch, augmentation=augmentation).training


def spots(count: int) -> list[Sample]:
    """Smaller and larger than the crops, in standard deviations."""
    data = Spots(count)
    samples = map(data.load, data.names("official", "train"))
    return [replace(sample, image=(sample.image - 80) / np.float32(SD)) for sample in samples]


def together(batches) -> tuple[np.ndarray, np.ndarray]:
    images, masks = zip(*batches, strict=True)
    return torch.cat(images).cpu().numpy(), torch.cat(masks).cpu().numpy()


def test_what_a_loader_gives_is_what_it_gave_before_there_was_another_source():
    """The hash was taken at commit 91c7e7f. Levels are magnified by OpenCV, whose rounding is not the same everywhere,
    so that of magnified crops the masks are looked at alone."""
    digest = hashlib.sha256()
    for epoch in range(3):
        for images, _ in epoch_loader(spots(6), recipe(**CHANGED), 5, epoch):
            digest.update(images.numpy().tobytes())
        for rules in (CHANGED, MAGNIFIED):
            for _, masks in epoch_loader(spots(6), recipe(**rules), 5, epoch):
                digest.update(masks.numpy().tobytes())
    assert digest.hexdigest() == "9a0e6b735e98e7545789a701fe0dde58216f430a32f4c1fc4f85ebbfa7ca2383"


@settings(max_examples=150, deadline=None)
@given(
    shapes=st.lists(st.tuples(st.integers(1, 70), st.integers(1, 70)), min_size=1, max_size=4),
    crop=st.integers(1, 60),
    zoom=st.sampled_from([None, (1.0, 1.0), (0.5, 0.5), (2.0, 2.0), (0.3, 3.0)]),
    epoch=st.integers(0, 1000),
)
def test_a_batch_of_any_sizes_is_cropped_as_its_images_are_one_by_one(shapes, crop, zoom, epoch):
    samples = [noise(f"image{number}", *shape) for number, shape in enumerate(shapes)]
    numbers = np.array([*range(len(samples)), 0])
    rules = {"crop": crop, "seed": 3, "epoch": epoch, "sd": 1.0, "zoom": zoom}
    draws = [draw_crop(samples[number], **rules) for number in numbers]
    images, masks = batched_crops(side_by_side(samples, CPU), numbers, draws, crop)
    assert images.shape == masks.shape == (len(numbers), 1, crop, crop)
    for image, mask, number in zip(images[:, 0].numpy(), masks[:, 0].numpy(), numbers, strict=True):
        expected, targets = augment(samples[number], **rules)
        np.testing.assert_array_equal(mask, targets)
        np.testing.assert_allclose(image, expected, rtol=0, atol=LIMIT)
        if zoom is None:
            np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("crop", [256, 250])
def test_large_images_are_magnified_to_a_ten_thousandth_of_a_grey_level(crop):
    samples = [noise(f"image{number}", 512, 640) for number in range(3)]
    rules = {"crop": crop, "seed": 0, "epoch": 0, "sd": 1.0, "zoom": (0.5, 2.0)}
    draws = [draw_crop(sample, **rules) for sample in samples]
    images, masks = batched_crops(side_by_side(samples, CPU), np.arange(3), draws, crop)
    expected, targets = zip(*(augment(sample, **rules) for sample in samples), strict=True)
    np.testing.assert_allclose(images[:, 0], expected, rtol=0, atol=LIMIT)
    np.testing.assert_array_equal(masks[:, 0], targets)


@pytest.mark.parametrize("rules", [CHANGED, MAGNIFIED])
@pytest.mark.parametrize(("count", "batch"), [(7, 2), (3, 8)], ids=["a rest is left out", "one batch, not full"])
def test_an_epoch_on_a_device_is_that_of_the_loader_whether_its_images_fit_or_not(rules, count, batch):
    samples, said = spots(count), recipe(batch, **rules)
    room = size_in_bytes(samples)
    fits, does_not = (DeviceBatches(samples, said, 5, CPU, room) for room in (room, room - 1))
    assert fits.resident is not None and does_not.resident is None
    for epoch in range(2):
        loader = epoch_loader(samples, said, 5, epoch)
        assert len(loader) == len(fits(epoch)) == len(list(fits(epoch)))
        images, masks = together(loader)
        for source in (fits, does_not):
            device_images, device_masks = together(source(epoch))
            np.testing.assert_allclose(device_images, images, rtol=0, atol=LIMIT)
            np.testing.assert_array_equal(device_masks, masks)


def test_processes_share_every_batch_and_of_one_that_is_not_full_each_has_as_many():
    samples, said = spots(7), recipe(4, **CHANGED)
    room = size_in_bytes(samples)
    whole, *shares = (together(DeviceBatches(samples, said, 5, CPU, room, of)(0))[0] for of in ((0, 1), (0, 2), (1, 2)))
    np.testing.assert_array_equal(np.concatenate(shares), whole)
    few = [together(DeviceBatches(samples[:3], said, 5, CPU, room, (which, 2))(0))[0] for which in range(2)]
    assert [len(share) for share in few] == [2, 2]
    np.testing.assert_array_equal(few[1][1], few[0][0])


def test_a_batch_that_the_processes_cannot_share_is_refused():
    with pytest.raises(UsageError, match=r"a batch of 4 cannot be shared by 3 processes; --set training\.batch"):
        DeviceBatches(spots(2), recipe(4), 0, CPU, 0, (0, 3))


def test_a_training_from_a_device_ends_with_the_bits_of_one_from_a_loader(monkeypatch):
    job = tiny_job(method=MANY_HEADS, augmentation=CHANGED)  # no dropout: a loader draws from its random numbers
    loaded = load_weights(train(job))[0]
    monkeypatch.setattr(
        train_module,
        "batch_source",
        lambda samples, recipe, seed, accelerator: DeviceBatches(samples, recipe, seed, accelerator.device, 10**9),
    )
    resident = load_weights(train(job, restart=True))[0]
    assert all(torch.equal(loaded[key], resident[key]) for key in loaded)


def test_a_gpu_makes_its_own_batches_and_gives_images_half_of_what_is_free(monkeypatch):
    samples, said = spots(2), recipe()
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (2 * size_in_bytes(samples) - 2, 10**9))
    accelerator = SimpleNamespace(device=torch.device("cuda"), process_index=0, num_processes=1)
    source = batch_source(samples, said, 0, accelerator)
    assert isinstance(source, DeviceBatches) and source.device.type == "cuda" and source.resident is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("rules", [CHANGED, MAGNIFIED])
@pytest.mark.parametrize("room", [0, 10**9], ids=["streamed", "resident"])
def test_a_gpu_makes_the_batches_that_a_cpu_makes(room, rules):
    on_cpu, on_gpu = (
        together(DeviceBatches(spots(64), recipe(8, **rules), 5, torch.device(device), room)(0))
        for device in ("cpu", "cuda")
    )
    np.testing.assert_allclose(on_gpu[0], on_cpu[0], rtol=0, atol=LIMIT)
    np.testing.assert_array_equal(on_gpu[1], on_cpu[1])
