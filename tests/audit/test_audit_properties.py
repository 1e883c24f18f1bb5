"""What must hold for any maps: where variants have to agree, and that an audit accounts for each difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from audit_maps import BY_NAME, boxes, named, values

from istdbench.audit import REFERENCE, VARIANTS, Audit
from istdbench.audit.variant import STEPS
from istdbench.datasets.dataset import Sample
from istdbench.errors import DataError
from istdbench.metrics import summarise
from istdbench.metrics.counting import count_image

OWN_SIDE = {"dnanet": 256, "mshnet": 256, "rpcanet": 256, "rpcanet_overlap": 256, "agpcnet": 256, "uiunet": 320}


@dataclass(frozen=True)
class OwnGrid:
    """A score map on the image's own grid, as the scoring loop hands it over."""

    score: np.ndarray


def noisy_set(seed: int, count: int = 4) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Score map and mask by name, of other sizes than any grid, with targets found, missed and invented."""
    rng = np.random.default_rng(seed)
    images = {}
    for index in range(count):
        shape = tuple(rng.integers(120, 400, 2))
        mask, score = np.zeros(shape, bool), rng.random(shape) * 0.4
        for _ in range(rng.integers(0, 5)):
            row, column = rng.integers(5, shape[0] - 15), rng.integers(5, shape[1] - 15)
            height, width = rng.integers(2, 9, 2)
            mask[row : row + height, column : column + width] = True
            shift = rng.integers(-3, 4, 2)
            score[row + shift[0] :, column + shift[1] :][:height, :width] = rng.uniform(0.3, 1)
        score[20:23, 20:24] = rng.uniform(0.4, 0.9)
        images[f"{index}"] = score, mask
    return images


def audited(images):
    """The rows by variant, after the audit has taken (score, mask) pairs by name."""
    audit = Audit()
    for name, (score, mask) in images.items():
        audit.take(Sample(name, np.zeros(mask.shape, np.float32), mask), OwnGrid(score))
    return {row.variant.name: row for row in audit.rows()}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_perfect_prediction_scores_in_full_on_the_variants_own_grid(variant):
    side = OWN_SIDE.get(variant.name, 512)
    mask = boxes((40, 50, 3, 3), (100, 120, 8, 5), (200, 30, 4, 9), side=side)
    got = variant.values([variant.judge(mask.astype(float), mask)])
    halved = 0.5 if variant.name == "mshnet" else 1.0
    assert (got["IoU"], got["nIoU"], got["F1"], got["Pd"], got["Fa"]) == (1, 1, 1, halved, 0)


@pytest.mark.parametrize(
    ("side", "names"),
    [
        (512, named("basicirstd", "rdian", "acm", "pyirstdmetrics", "pyirstdmetrics_shooting")),
        (256, named("basicirstd", "dnanet", "mshnet", "rpcanet", "rpcanet_overlap", "agpcnet", "pyirstdmetrics")),
    ],
)
def test_binary_maps_on_a_variants_own_grid_have_the_same_iou_under_all(side, names):
    rng = np.random.default_rng(side)
    score, mask = rng.random((2, side, side)) > 0.998
    expected = values("reference", (score, mask))
    for name in names:
        got = values(name, (score, mask))
        assert (got["IoU"], got["nIoU"], got["F1"]) == (expected["IoU"], expected["nIoU"], expected["F1"])


@pytest.mark.parametrize("seed", range(3))
def test_the_reference_and_basicirstd_are_the_metrics_of_the_records(seed):
    images = noisy_set(seed)
    rows = audited(images)
    expected = summarise([count_image(score, mask) for score, mask in images.values()])
    for name in ("reference", "basicirstd"):
        assert rows[name].values == {metric: expected[metric] for metric in rows[name].variant.shows}
        assert rows[name].findings == ()


@pytest.mark.parametrize("seed", range(3))
def test_what_the_steps_do_adds_up_to_the_difference(seed):
    rows = audited(noisy_set(seed))
    for row in rows.values():
        for finding in row.findings:
            total = sum(effect.change for effect in finding.effects)
            assert total == pytest.approx(finding.after - finding.before, abs=1e-12)
            sizes = [abs(effect.change) for effect in finding.effects]
            assert sizes == sorted(sizes, reverse=True)
            assert (finding.before, finding.after) == (
                rows["reference"].values[finding.metric],
                row.values[finding.metric],
            )


def test_a_difference_is_blamed_on_the_choice_and_the_image_that_make_it():
    far = [(20, 20), (20, 60), (20, 200)]
    target = boxes((100, 100, 3, 3))
    crowded = boxes((100, 100, 3, 3), *[(row, column, 3, 3) for row, column in far])
    images = {"clean": (target.astype(float), target), "crowded": (crowded.astype(float), target)}
    [finding] = audited(images)["dnanet"].findings
    assert (finding.metric, finding.effects[0].step) == ("Fa", "false alarms")
    assert [effect.change for effect in finding.effects] == [-27 / (2 * 256**2), 0]
    assert [(image.name, image.before, image.after) for image in finding.images] == [("crowded", 27 / 256**2, 0)]


def test_what_is_done_to_the_set_as_a_whole_changes_no_image():
    target = boxes((100, 100, 3, 3))
    [finding] = audited({"a": (target.astype(float), target)})["mshnet"].findings
    assert (finding.metric, finding.effects[0].step, finding.images) == ("Pd", "aggregation", ())


def test_an_image_that_counts_for_one_only_is_named():
    target, nothing = boxes((100, 100, 30, 30), side=512), boxes(side=512)
    images = {"full": (target.astype(float), target), "empty": (nothing.astype(float), nothing)}
    [finding] = audited(images)["acm"].findings
    assert (finding.metric, finding.effects[0].step) == ("nIoU", "empty images")
    assert [image.name for image in finding.images] == ["empty"]


def test_a_score_map_that_does_not_fit_is_refused():
    with pytest.raises(DataError, match="the score map is 9 x 9"):
        audited({"a": (np.zeros((9, 9)), boxes((1, 1, 3, 3)))})


@pytest.mark.parametrize("step", [step for step in STEPS if step != "grid"])
def test_two_choices_but_grids_that_differ_say_so_in_words(step):
    """The words tell choices apart: two functions under one text would be taken for one. Grids are made one by one."""
    functions = {}
    for variant in VARIANTS:
        choice = getattr(variant, step)
        functions.setdefault(choice.words, set()).add(getattr(choice, "apply", choice))
    assert all(len(different) == 1 for different in functions.values())


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_variant_names_its_source_and_shows_what_it_computes(variant):
    mask = boxes((40, 50, 3, 3))
    assert set(variant.shows) <= set(variant.values([variant.judge(mask.astype(float), mask)]))
    assert variant is REFERENCE or " at " in variant.source
    assert BY_NAME[variant.name] is variant
