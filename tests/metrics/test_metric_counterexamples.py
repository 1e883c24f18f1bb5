"""Where published evaluations disagree with each other or with sense: one row a case, with the reference's answer.

The cases are those of the survey of released metric code; the comment of each row says what others make of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan

import numpy as np
import pytest
from metric_maps import draw

from istdbench.errors import DataError
from istdbench.metrics import summarise
from istdbench.metrics.counting import count_image
from istdbench.metrics.declared import niou

TARGET = (100, 100, 3, 3)
FAR = [(20, 20), (20, 60), (20, 200), (200, 20), (200, 200)]
NOTHING = draw()
PIXELS = 256 * 256


@dataclass
class Case:
    """Images as (score, mask) pairs, and the values the reference gives."""

    name: str
    images: list[tuple[np.ndarray, np.ndarray]]
    values: dict[str, float] = field(default_factory=dict)


def one(name: str, score: np.ndarray, mask: np.ndarray, **values: float) -> Case:
    return Case(name, [(score, mask)], values)


CASES = [
    # the DNANet family drops false blobs whose area equals a matched one: Fa 0
    one(
        "five false blobs of the target's own area are false alarms",
        draw(TARGET, *[(row, column, 3, 3) for row, column in FAR]),
        draw(TARGET),
        Fa=45 / PIXELS,  # 686.6e-6
        Pd=1,
        target_precision=1 / 6,
    ),
    # all repositories agree here
    one(
        "five false blobs of another area are false alarms",
        draw(TARGET, *[(row, column, 3, 4) for row, column in FAR]),
        draw(TARGET),
        Fa=60 / PIXELS,  # 915.5e-6
        Pd=1,
    ),
    one(
        "a target three pixels away is missed, and the region is a false alarm",
        draw((100, 103, 3, 3)),
        draw(TARGET),
        Pd=0,
        Fa=9 / PIXELS,
    ),
    one("a target two pixels away is found", draw((100, 102, 3, 3)), draw(TARGET), Pd=1, Fa=0),
    # an optimal (Hungarian) assignment finds both
    one(
        "the first target in raster order takes the region the second one needed",
        draw((99, 102, 1, 1), (102, 99, 1, 1)),
        draw((100, 100, 1, 1), (101, 104, 1, 1)),
        Pd=0.5,
    ),
    one(
        "the same image upside down is matched in full",
        draw((99, 102, 1, 1), (102, 99, 1, 1))[::-1],
        draw((100, 100, 1, 1), (101, 104, 1, 1))[::-1],
        Pd=1,
    ),
    # a blob centred on the target is a detection, however large: only IoU and precision see its size
    one(
        "a blob of 21 x 21 over the target is no false alarm",
        draw((91, 91, 21, 21)),
        draw(TARGET),
        Fa=0,
        Pd=1,
        IoU=9 / 441,
        precision=9 / 441,
    ),
    # one of RPCANet's classes counts any overlap as found
    one("overlap alone finds nothing", draw((100, 100, 3, 30)), draw(TARGET), Pd=0, Fa=90 / PIXELS, recall=1),
    # RDIAN looks at a 2 x 2 window that leaves out the centroid's own pixel
    one("a single pixel on the centroid finds the target", draw((101, 101, 1, 1)), draw(TARGET), Pd=1, Fa=0),
    one(
        "one region finds one of two targets", draw((100, 100, 1, 3)), draw((100, 100, 1, 1), (100, 102, 1, 1)), Pd=0.5
    ),
    one("two pixels that touch at a corner are one target", np.eye(2), np.eye(2, dtype=bool), Pd=1, target_precision=1),
    # ACM and its heirs: nIoU 0.5
    Case(
        "an empty image left empty takes nothing off a perfect score",
        [(draw(TARGET), draw(TARGET)), (NOTHING, NOTHING)],
        {"IoU": 1, "nIoU": 1, "Pd": 1, "Fa": 0},
    ),
    Case(
        "a false alarm on an empty image costs its nIoU",
        [(draw(TARGET), draw(TARGET)), (draw(TARGET), NOTHING)],
        {"nIoU": 0.5, "Fa": 9 / (2 * PIXELS)},
    ),
    Case(
        "a missed small target weighs little in IoU and half in nIoU",
        [(draw((50, 50, 10, 10)), draw((50, 50, 10, 10))), (NOTHING, draw((50, 50, 2, 2)))],
        {"IoU": 100 / 104, "nIoU": 0.5, "Pd": 0.5, "recall": 100 / 104},
    ),
    # pyirstdmetrics' OPDC counts a phantom false positive and a phantom miss; BasicIRSTD divides by zero
    one(
        "nothing predicted where nothing is gives no numbers but Fa",
        NOTHING,
        NOTHING,
        Fa=0,
        **dict.fromkeys(["IoU", "nIoU", "Pd", "precision", "recall", "F1", "target_precision", "target_F1"], nan),
    ),
    one("a false alarm without targets leaves Pd undefined", draw(TARGET), NOTHING, Pd=nan, Fa=9 / PIXELS, IoU=0),
    one("a score of exactly one half is no detection", draw(TARGET) * 0.5, draw(TARGET), Pd=0, recall=0),
    # RPCANet divides by the image's maximum first, UIU-Net stretches min to max: both see a target
    one("a faint map is not stretched until something shows", draw(TARGET) * 0.4, draw(TARGET), Pd=0, Fa=0),
    # DNANet divides by 256 x 256 an image, whatever its size
    Case(
        "Fa is over the pixels there are, in images of different sizes",
        [(draw((5, 5, 2, 2), shape=(20, 30)), draw(shape=(20, 30))), (draw(shape=(50, 8)), draw(shape=(50, 8)))],
        {"Fa": 4 / 1000},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_reference_answers(case):
    values = summarise([count_image(score, mask) for score, mask in case.images])
    assert {name: values[name] for name in case.values} == pytest.approx(case.values, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(("empty", "value"), [("skip", 1.0), ("one", 1.0), ("zero", 0.5)])
def test_each_policy_for_an_empty_image_beside_a_perfect_one(empty, value):
    counts = [count_image(draw(TARGET), draw(TARGET)), count_image(NOTHING, NOTHING)]
    assert niou(empty)(counts) == value


def test_a_gray_mask_is_refused_and_scores_in_full_once_it_is_made_binary():
    """Core 255 (9 px) in a ring of 146 (16 px): released code gives 0.22 or 0.36 for a perfect prediction."""
    gray = draw((100, 100, 5, 5)) * np.uint8(146)
    gray[101:104, 101:104] = 255
    with pytest.raises(DataError, match="mask > 127"):
        count_image(draw((100, 100, 5, 5)), gray)
    assert summarise([count_image(draw((100, 100, 5, 5)), gray > 127)])["IoU"] == 1


def test_logits_are_refused():
    """DNANet's Pd and Fa put thresholds for probabilities on raw logits."""
    with pytest.raises(DataError, match="not logits"):
        count_image(np.where(draw(TARGET), 4.0, -6.0), draw(TARGET))
