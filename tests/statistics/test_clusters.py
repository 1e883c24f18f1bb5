"""Frames of a sequence count as one: as many copies of an image say no more than the image does."""

from __future__ import annotations

import numpy as np
import pytest
from count_tables import random_table

from istdbench.metrics.declared import FA, IOU, PD, REFERENCE
from istdbench.statistics import interval, intervals, paired, summed
from istdbench.statistics.coverage import rests_on_few

SCENES = random_table(np.random.default_rng(3), images=12)
FRAMES = np.repeat(SCENES, 50, axis=0)
OWNERS = [f"scene{place}" for place in range(12) for _ in range(50)]


def test_fifty_copies_of_each_image_as_one_sequence_give_the_intervals_of_the_images_alone() -> None:
    entries = [entry for entry in REFERENCE if entry.interval == "bootstrap"]
    found, alone = intervals(FRAMES, entries, OWNERS), intervals(SCENES, entries)
    assert len(entries) == 8
    for name, ends in alone.items():
        assert found[name] == pytest.approx(ends, rel=1e-9), name


def test_over_the_frames_the_interval_would_be_far_too_short() -> None:
    widths = [np.ptp(intervals(FRAMES, [FA], owners)["Fa"]) for owners in (OWNERS, None)]
    assert widths[0] > 4 * widths[1]


def test_the_interval_of_pd_takes_no_target_for_independent() -> None:
    assert PD.terms is not None
    found = intervals(FRAMES, [PD], OWNERS)["Pd"]
    assert found == pytest.approx(interval(PD.terms(SCENES)), rel=1e-9)
    assert np.ptp(found) > 2 * np.ptp(intervals(FRAMES, [PD])["Pd"])


def test_one_sequence_has_no_interval() -> None:
    assert intervals(SCENES, [FA, PD], ["all"] * 12) == {"Fa": None, "Pd": None}


def test_a_test_of_copies_is_the_test_of_the_images() -> None:
    assert IOU.terms is not None
    other = random_table(np.random.default_rng(4), images=12)
    one, two = IOU.terms(SCENES), IOU.terms(other)
    many = [summed(np.repeat(terms, 50, axis=0), OWNERS) for terms in (one, two)]
    assert paired(*many).p_value == paired(one, two).p_value
    assert paired(*many).images == 12


def test_few_sequences_are_few_however_many_frames_they_have() -> None:
    assert not rests_on_few(FA, FRAMES)
    assert rests_on_few(FA, FRAMES, OWNERS)
    assert rests_on_few(PD, FRAMES, OWNERS)
