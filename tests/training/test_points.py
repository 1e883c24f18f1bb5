"""Training on points: where they lie, how labels grow out of them, and what is kept and said of them."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from slow_evolution import slowly_evolved
from tiny_training import MANY_HEADS, tiny_job

from istdbench.datasets.dataset import Sample
from istdbench.errors import IstdbenchError
from istdbench.files import sha256_file
from istdbench.jobs.weights import load_weights
from istdbench.protocols.fields import Evolution, Points, Training
from istdbench.protocols.protocol import load_protocol
from istdbench.scoring.loop import Maps
from istdbench.training import checkpoint
from istdbench.training import step as step_module
from istdbench.training import train as train_module
from istdbench.training.device_batches import DeviceBatches
from istdbench.training.label_evolution import evolved, is_due
from istdbench.training.losses import focal
from istdbench.training.point_labels import PointLabels
from istdbench.training.points import SPREAD, centroid_points, coarse_points
from istdbench.training.train import train

EVOLVING = {
    "losses": {"focal": 1.0},
    "points": {"at": "coarse", "evolution": {"every": 2, "loss_below": 1e6}},
    "epochs": 5,
}


def drawn(*rows):
    return np.array([[letter == "#" for letter in row] for row in rows])


def test_a_centroid_is_the_pixel_that_holds_it_even_beside_a_bent_target():
    mask = drawn("##....", "##...#", ".....#", "..#..#", "#####.")
    # a square around (0.5, 0.5), and a hook whose centroid, (3.2, 3), holds no pixel of it
    assert [divmod(int(place), 6) for place in centroid_points(mask)] == [(0, 0), (3, 3)]


def test_coarse_points_lie_on_their_targets_around_the_centroid():
    mask = np.zeros((60, 60), bool)
    mask[10:31, 20:51] = True
    mask[50, 5] = True
    random = np.random.default_rng(0)
    places = np.array([np.divmod(coarse_points(mask, random), 60) for _ in range(400)])
    assert (places[:, :, 1] == (50, 5)).all()
    rows, columns = places[:, 0, 0], places[:, 1, 0]
    assert mask[rows, columns].all()
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((20, 35), abs=0.5)
    assert rows.std() == pytest.approx(21 / 2 * SPREAD, rel=0.15)
    assert columns.std() == pytest.approx(31 / 2 * SPREAD, rel=0.15)


def test_a_target_that_no_draw_hits_gets_its_pixel_nearest_to_the_centroid():
    ring = np.zeros((201, 201), bool)
    ring[[0, 200]] = ring[:, [0, 200]] = True
    ring[100, 1:40] = True
    [place] = coarse_points(ring, np.random.default_rng(0))
    assert divmod(int(place), 201) == (100, 39)


@st.composite
def labels_and_scores(draw):
    height, width = draw(st.integers(20, 48)), draw(st.integers(20, 48))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    label = np.zeros((height, width), np.float32)
    points = random.choice(label.size, draw(st.integers(0, 4)), replace=False)
    for y, x in zip(*np.divmod(points, width), strict=True):
        label[y : y + 2, x : x + 2] = random.uniform(0.3, 1, label[y : y + 2, x : x + 2].shape)
    label.flat[points] = 1
    score = random.uniform(0, 1, label.shape).astype(np.float32) ** draw(st.sampled_from([1, 4, 16]))
    return label, score, points


@settings(max_examples=60, deadline=None)
@given(labels_and_scores())
def test_an_update_is_what_the_paper_s_equations_give_pixel_by_pixel(given_):
    label, score, points = given_
    before = label.copy()
    slow = slowly_evolved(label.tolist(), score.tolist(), [divmod(int(p), label.shape[1]) for p in points])
    new = evolved(label, score, points, Evolution())
    assert new.dtype == np.float32 and np.array_equal(label, before)
    assert new == pytest.approx(np.array(slow), abs=1e-6)


def test_a_label_grows_over_what_the_network_finds_around_its_point_and_not_over_false_alarms():
    label, score = np.zeros((40, 40), np.float32), np.zeros((40, 40), np.float32)
    label[20, 20] = 1
    score[19:22, 19:22] = 0.8
    score[28:31, 28:31] = 0.9
    new = evolved(label, score, np.array([20 * 40 + 20]), Evolution())
    expected = np.zeros_like(label)
    expected[19:22, 19:22] = 0.4
    expected[20, 20] = 1
    assert new == pytest.approx(expected)


@pytest.mark.parametrize(
    ("losses", "due"),
    [([12], False), ([9], True), ([12, 9], True), ([9, 9], False), ([9, 12, 12], True), ([12, 12, 12], False)],
)
def test_the_first_update_follows_the_first_low_loss_and_others_follow_every_third_epoch(losses, due):
    assert is_due(Evolution(loss_below=10, every=3), losses) == due


def test_the_focal_loss_counts_labels_below_one_in_part():
    logits, target = torch.tensor([0.0, 0.0, 0.0, 2.0]), torch.tensor([1.0, 1.0, 0.5, 0.0])
    p = 1 / (1 + math.exp(-2))
    of_one, of_half = math.log(2) / 4, (0.5 + 0.5**4) * math.log(2) / 4
    expected = (2 * of_one + of_half - p**2 * math.log(1 - p)) / 2
    assert focal(logits.view(1, 1, 2, 2), target.view(1, 1, 2, 2)).item() == pytest.approx(expected)
    no_point = torch.tensor([0.0, 0.0, 0.5, 0.0])
    expected = 2 * of_one + of_half - p**2 * math.log(1 - p)
    assert focal(logits.view(1, 1, 2, 2), no_point.view(1, 1, 2, 2)).item() == pytest.approx(expected)


def masked(names=("a", "b")):
    random = np.random.default_rng(0)
    samples = []
    for name in names:
        mask = np.zeros((12, 10 + len(samples)), bool)
        mask[3:7, 2:7] = True
        samples.append(Sample(name, random.normal(size=mask.shape).astype(np.float32), mask))
    return samples


def test_labels_are_restored_from_their_state_and_not_from_that_of_other_images():
    labels = PointLabels(masked(), Points(), 0)
    assert [int(sample.mask.sum()) for sample in labels.samples] == [1, 1]
    labels.evolve(lambda sample: Maps(sample.image, np.clip(sample.image, 0, 1)), Evolution(base=0.1, growth=0.0))
    again = PointLabels(masked(), Points(), 0)
    again.restore(labels.state())
    for one, other, first in zip(labels.samples, again.samples, masked(), strict=True):
        assert np.array_equal(one.mask, other.mask) and one.mask.dtype == other.mask.dtype == np.float32
        assert len(np.unique(one.mask)) > 2 and np.array_equal(one.image, first.image)
    with pytest.raises(IstdbenchError, match="those of other images"):
        PointLabels(masked(("a", "b", "c")), Points(), 0).restore(labels.state())


def test_coarse_points_are_those_of_the_seed_and_the_image():
    def places(names, seed):
        return {s.name: int(s.mask.argmax()) for s in PointLabels(masked(names), Points(at="coarse"), seed).samples}

    names = tuple("abcdefgh")
    assert places(names, 0) == places(names, 0) != places(names, 1)
    assert len(set(places(names, 0).values())) > 1


def test_a_training_on_points_that_is_stopped_anywhere_ends_with_the_same_bits(monkeypatch, tmp_path):
    job = tiny_job(**EVOLVING)
    whole = train(job).read_bytes()
    monkeypatch.setattr(checkpoint, "SECONDS_APART", 0)
    objective = step_module.objective
    for home, stop_after in enumerate((4, 9)):  # inside the second epoch, and right after the third
        monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / f"home {home}"))
        steps = iter(range(100))

        def interrupted(recipe, stop_after=stop_after, steps=steps):
            loss_of = objective(recipe)

            def at_last(*batch):
                if next(steps) == stop_after:
                    raise KeyboardInterrupt
                return loss_of(*batch)

            return at_last

        with monkeypatch.context() as patch:
            patch.setattr(step_module, "objective", interrupted)
            with pytest.raises(KeyboardInterrupt):
                train(job)
        assert train(job).read_bytes() == whole, stop_after


def test_labels_evolve_on_a_device_as_in_a_loader(monkeypatch):
    job = tiny_job(method=MANY_HEADS, **EVOLVING)  # no dropout: a loader draws from its random numbers
    loaded = load_weights(train(job))[0]
    monkeypatch.setattr(
        train_module,
        "batch_source",
        lambda samples, recipe, seed, accelerator: DeviceBatches(samples, recipe, seed, accelerator.device, 10**9),
    )
    resident = load_weights(train(job, restart=True))[0]
    assert all(torch.equal(loaded[key], resident[key]) for key in loaded)


def test_labels_that_evolve_change_the_training_and_another_seed_clicks_elsewhere():
    fixed = {"at": "coarse"}
    evolving, still, masks = (
        sha256_file(train(tiny_job(**EVOLVING | {"points": points}), restart=True))
        for points in (EVOLVING["points"], fixed, None)
    )
    assert len({evolving, still, masks}) == 3


def test_masks_are_looked_at_once_and_what_is_trained_on_holds_none_of_them(monkeypatch):
    seen = []
    objective = step_module.objective

    def watched(recipe):
        loss_of = objective(recipe)

        def noting(answer, images, masks, epoch):
            seen.append(masks)
            return loss_of(answer, images, masks, epoch)

        return noting

    monkeypatch.setattr(step_module, "objective", watched)
    job = tiny_job(**EVOLVING | {"epochs": 1, "augmentation": {"crop": 24, "target_bias": 1.0}})
    train(job)
    assert seen and all(masks.sum((1, 2, 3)).eq(1).all() for masks in seen)  # a spot has 9 pixels


def test_weights_say_what_they_were_trained_from():
    weights = train(tiny_job(**EVOLVING | {"epochs": 1}))
    assert load_weights(weights)[1].training.points == "coarse"
    from_masks = load_weights(train(tiny_job(epochs=1)))[1].training
    assert from_masks.points is None and "points" not in from_masks.model_dump()


def test_the_protocol_is_as_the_released_code_says():
    lesps, basic = load_protocol("lesps", "nuaa"), load_protocol("basicirstd", "nuaa")
    points = lesps.training.points
    assert (points.at, points.evolution) == ("centroid", Evolution(loss_below=10, every=5, base=0.5, growth=0.5))
    assert lesps.training.losses == {"focal": 1.0}
    assert lesps.training.augmentation.target_bias == 0
    same = ("epochs", "batch", "optimizer", "schedule")
    assert all(getattr(lesps.training, name) == getattr(basic.training, name) for name in same)
    assert (lesps.data, lesps.input) == (basic.data, basic.input)
    sirst3 = load_protocol("lesps", "nuaa+irstd1k+nudt")
    assert (sirst3.data.split, sirst3.input.mean, sirst3.input.sd) == ("5050", 95.01, 41.511)


def test_the_other_halves_of_the_paper_are_protocols_of_their_own():
    changes = ("", ":training.points.at=coarse", ":training.points.evolution=none", ":training.points=none")
    protocols = [load_protocol(f"lesps{change}", "nuaa") for change in changes]
    assert len({protocol.hash for protocol in protocols}) == len({p.training_hash for p in protocols}) == 4
    assert [protocol.training.points and protocol.training.points.at for protocol in protocols] == [
        *("centroid", "coarse", "centroid", None)
    ]


def test_points_refuse_losses_that_need_a_whole_mask():
    with pytest.raises(ValidationError, match="points have neither edges nor a whole mask"):
        Training(points=Points(), edge_losses={"bce": 1.0})
