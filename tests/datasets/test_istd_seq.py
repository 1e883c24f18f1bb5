"""The real sequences: which number is the row, where shots begin, and that no window crosses from one into the next."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from istdbench.datasets.istd_seq import IstdSeq, istd_seq
from istdbench.errors import AlteredDataError, DataError, UsageError
from istdbench.metrics.by_sequence import sequence_of
from istdbench.spec import parse_spec

FRAMES = {"seq1": 324, "seq2": 264, "seq3": 276, "seq4": 213, "seq5": 242, "seq6": 247}


@pytest.fixture(scope="module")
def found(real_data) -> IstdSeq:
    return real_data("istd_seq")


def numbered(sequence: str, count: int) -> list[str]:
    return [f"{sequence}/{number}" for number in range(1, count + 1)]


def contrast(image: np.ndarray, row: int, column: int) -> float:
    """How far the brightest of 3 x 3 pixels stands above the median around, in standard deviations."""
    around = image[max(0, row - 10) : row + 11, max(0, column - 10) : column + 11]
    if not around.size:
        return 0.0
    peak = image[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].max()
    return float((peak - np.median(around)) / max(around.std(), 1e-6))


def test_there_are_six_sequences_in_the_order_of_their_frames(found):
    names = found.names("official", "test")
    assert Counter(map(sequence_of, names)) == FRAMES
    assert list(names[324 : 324 + 264]) == numbered("seq2", 264)


@pytest.mark.parametrize("sequence", [f"seq{number}" for number in range(1, 7)])
def test_the_first_number_is_the_row_counted_from_1(found, sequence):
    names = [name for name in found.names("official", "test") if sequence_of(name) == sequence][30::15]
    samples = [found.load(name) for name in names]
    centres = [np.argwhere(sample.mask)[0] for sample in samples]
    here = np.median([contrast(each.image, *at) for each, at in zip(samples, centres, strict=True)])
    swapped = np.median([contrast(each.image, *at[::-1]) for each, at in zip(samples, centres, strict=True)])
    off = np.median([contrast(each.image, *(at + 2)) for each, at in zip(samples, centres, strict=True)])
    assert here > 10 > 2 > swapped
    assert here > off
    assert all(sample.points and sample.mask.sum() == 1 for sample in samples)


def test_a_window_stays_in_its_shot_and_frames_without_one_are_in_no_list(found):
    five = istd_seq(parse_spec("istd_seq:frames=5"))
    with pytest.warns(UserWarning, match="332 of 1566 images of official/test have no 4 images before them"):
        names = set(five.names("official", "test"))
    assert len(names) == 1234
    shots = Counter(map(five.shot_of, found.names("official", "test")))
    assert len(shots) == 154
    assert len(names) == sum(max(0, frames - 4) for frames in shots.values())
    assert {"seq4/70", "seq4/75"} <= names  # a shot begins at 71
    assert not {"seq4/71", "seq4/74"} & names
    assert np.array_equal(five.sequence("seq4/75")[0], found.load("seq4/71").image)
    with pytest.raises(DataError, match="seq4/74: it has no 4 images before it"):
        five.sequence("seq4/74")


def test_which_frames_are_of_one_shot_is_known_without_the_data():
    data = istd_seq(parse_spec("istd_seq"))
    assert data.shot_of("seq4/70") == data.shot_of("seq4/1") != data.shot_of("seq4/71")
    assert data.shot_of("seq5/1") != data.shot_of("seq4/1")


def test_one_frame_a_shot_is_a_split_of_its_own(found):
    names = found.names("shots", "test")
    assert len(names) == 154
    assert {"seq4/70", "seq4/133", "seq4/213"} <= set(names)


def test_frames_are_part_of_the_fingerprint(found):
    prints = {istd_seq(parse_spec(f"istd_seq:frames={frames}")).fingerprint for frames in (1, 5, 40)}
    assert len(prints) == 3
    assert found.fingerprint in prints


@pytest.mark.parametrize(("typed", "why"), [("frames=0", "from 1 to 64"), ("frames=x", "frames"), ("n=3", "n")])
def test_other_options_are_refused(typed, why):
    with pytest.raises(UsageError, match=why):
        istd_seq(parse_spec(f"istd_seq:{typed}"))


def test_a_frame_that_was_altered_is_refused_in_a_window_too(found):
    five = istd_seq(parse_spec("istd_seq:frames=5"))
    path = five.paths("seq4/3")[0]
    content = path.read_bytes()
    try:
        path.write_bytes(content + b" ")
        with pytest.raises(AlteredDataError, match="not the file that was published"):
            five.sequence("seq4/5")
    finally:
        path.write_bytes(content)


def test_known_digests_are_those_of_the_files(found):
    from istdbench.datasets.digest import image_digest

    for name in ("seq1/1", "seq1/3", "seq6/247"):
        assert found.digest(name) == image_digest(found.load(name).image)


def shots_by_rule(data: IstdSeq, sequence: str) -> list[int]:
    """The first frame of each shot, as the docstring of the data set says it."""
    names = [name for name in data.names("official", "test") if sequence_of(name) == sequence]
    firsts, last = [1], None
    for number, name in enumerate(names, start=1):
        sample = data.load(name)
        now = (sample.image, np.argwhere(sample.mask)[0], Path(data.paths(name)[0]).suffix)
        if last is not None and not goes_on(last, now):
            firsts.append(number)
        last = now
    return firsts


def goes_on(last: tuple, now: tuple) -> bool:
    if last[0].shape != now[0].shape or last[2] != now[2] or np.abs(last[1] - now[1]).max() > 15:
        return False
    before, after = (cv2.resize(each[0], None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) for each in (last, now))
    inside = np.ascontiguousarray(after[12:-12, 12:-12])
    return bool(cv2.matchTemplate(before, inside, cv2.TM_CCOEFF_NORMED).max() >= 0.8)


@pytest.mark.parametrize(
    "sequence", ["seq4", *(pytest.param(f"seq{number}", marks=pytest.mark.whole) for number in (1, 2, 3, 5, 6))]
)
def test_shots_begin_where_the_rule_says(found, sequence):
    assert shots_by_rule(found, sequence) == list(found._shots[sequence])
