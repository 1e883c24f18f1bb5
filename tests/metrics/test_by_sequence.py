"""What is told of each sequence: its own values, their mean, and the worst."""

import math

import pytest

from istdbench.metrics.by_sequence import FALSE_REGIONS_A_FRAME, by_sequence, mean, owners, sequence_of, worst
from istdbench.metrics.counts import ImageCounts, to_table
from istdbench.metrics.declared import FA, PD


def frame(targets, detected, false_regions):
    found = detected + false_regions
    return ImageCounts(
        100, 0, 0, 0, targets, detected, found, false_regions=false_regions, false_pixels=2 * false_regions
    )


FRAMES = {
    "day/1": frame(1, 1, 0),
    "night/1": frame(1, 0, 3),
    "day/2": frame(1, 1, 1),
    "night/2": frame(1, 1, 2),
    "sky/1": frame(0, 0, 1),
}
FOUND = by_sequence(FRAMES, to_table(FRAMES.values()))


def test_each_sequence_has_the_values_of_its_own_frames():
    assert FOUND == {
        "day": {"frames": 2, "Pd": 1.0, "Fa": 2 / 200, "false_regions_a_frame": 0.5},
        "night": {"frames": 2, "Pd": 0.5, "Fa": 10 / 200, "false_regions_a_frame": 2.5},
        "sky": {"frames": 1, "Pd": None, "Fa": 2 / 100, "false_regions_a_frame": 1.0},
    }


def test_the_mean_weighs_sequences_alike_and_leaves_out_those_where_a_metric_is_undefined():
    assert mean(PD, FOUND.values()) == 0.75
    assert mean(FA, FOUND.values()) == pytest.approx((0.01 + 0.05 + 0.02) / 3)
    assert math.isnan(mean(PD, [FOUND["sky"]]))


def test_the_worst_is_the_lowest_of_what_should_be_high_and_the_highest_of_what_should_be_low():
    assert worst(PD, FOUND.values()) == 0.5
    assert worst(FALSE_REGIONS_A_FRAME, FOUND.values()) == 2.5
    assert math.isnan(worst(PD, [FOUND["sky"]]))


def test_frames_belong_to_the_folder_in_their_name_where_the_data_set_says_so():
    class Kind:
        sequences = 2

    assert owners(Kind, ["a/b/1", "c/1"]) == ["a/b", "c"]
    Kind.sequences = None
    assert owners(Kind, ["a/b/1"]) is None
    assert sequence_of("a/b/1") == "a/b"
