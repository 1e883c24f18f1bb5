"""Frames of sequences with points for truth, from the score maps to the record, the leaderboard and a comparison."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from istdbench.audit.audit import Audit
from istdbench.datasets.dataset import Dataset, Sample
from istdbench.errors import DataError, UsageError
from istdbench.jobs.job import Job
from istdbench.metrics.declared import REFERENCE
from istdbench.protocols.protocol import load_protocol
from istdbench.registry import METHODS
from istdbench.reports import terminal
from istdbench.reports.comparison import compare, sentence
from istdbench.reports.leaderboard import leaderboard
from istdbench.results import Store
from istdbench.runs.consistency import recorded_counts
from istdbench.runs.job_counts import JobCounts
from istdbench.runs.to_record import count_rows, record_of
from istdbench.scoring.best_threshold import BestThreshold
from istdbench.scoring.collectors import CurveCollector, FindingCollector
from istdbench.scoring.image_counts import score_job
from istdbench.scoring.loop import Maps, predictor_of
from istdbench.spec import parse_spec
from istdbench.training.watched import check_images


class Footage(Dataset):
    """Three sequences of four frames of 40 x 40 pixels, a target at (10, 10) in each."""

    name, sequences, truth, fingerprint = "footage", True, "points", "f" * 64

    def splits(self):
        return {"official": {"test": tuple(f"{sequence}/{number}" for sequence in "abc" for number in range(4))}}

    def load(self, name):
        mask = np.zeros((40, 40), dtype=bool)
        mask[10, 10] = True
        return Sample(name, mask * 200.0, mask, points=True)


def found_in(sequences):
    """A method that finds the targets of some sequences, and takes a corner for one in all."""

    def score_of(name, image):
        score = np.zeros(image.shape, dtype=np.float32)
        score[9:12, 9:12] = name[0] in sequences
        score[:2, :2] = 1.0
        return score

    return predictor_of(score_of)


def job(method="tophat", protocol="sequences"):
    found, spec = METHODS.get(method), parse_spec(method)
    return Job(found, spec, found.resolve({}), Footage(), load_protocol(protocol, "footage"))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def recorded(store, method, sequences):
    made = job(method)
    grids = score_job(made, found_in(sequences))
    record = record_of(made, None, JobCounts(grids, None), {}, "cpu")
    return store.load(store.save(record, count_rows(grids[0])))


def test_the_record_has_each_sequence_and_no_number_of_pixels(store):
    record = recorded(store, "tophat", "ab")
    assert (record.dataset.sequences, record.dataset.truth) == (3, "points")
    undefined = {name for name, value in record.metrics.values.items() if value is None}
    assert undefined == {"IoU", "nIoU", "precision", "recall", "F1"}
    assert record.metrics.values["Pd"] == pytest.approx(2 / 3)
    assert record.metrics.by_sequence == {
        name: {"frames": 4, "Pd": float(name != "c"), "Fa": 4 / 1600, "false_regions_a_frame": 1.0} for name in "abc"
    }
    assert np.ptp(record.metrics.intervals["Pd"]) > 0.9  # of three sequences, and not of twelve targets
    assert recorded_counts(store, record).keys() == set(job().test_names)


def test_values_of_a_sequence_that_its_counts_do_not_give_are_refused(store):
    record = recorded(store, "tophat", "ab")
    table = store.per_image(record)
    told = {**record.metrics.by_sequence, "c": {**record.metrics.by_sequence["c"], "Pd": 1.0}}
    for update, why in (
        ({"by_sequence": told}, "sequence c has other values than its counts give"),
        ({"by_sequence": None}, "only one of its data set and its values speaks of sequences"),
    ):
        wrong = record.model_copy(update={"metrics": record.metrics.model_copy(update=update)})
        with pytest.raises(DataError, match=why):
            store.save(wrong, table)


def test_a_record_of_single_images_says_nothing_of_sequences(store):
    content = json.loads(recorded(store, "tophat", "ab").to_json())
    assert {"sequences", "truth"} <= content["dataset"].keys()
    single = job()
    single.dataset.sequences, single.dataset.truth = False, "masks"
    record = record_of(single, None, JobCounts(score_job(single, found_in("a")), None), {}, "cpu")
    plain = json.loads(record.to_json())
    assert not {"sequences", "truth"} & plain["dataset"].keys()
    assert "by_sequence" not in plain["metrics"]


def test_leaderboard_and_console_have_each_sequence_and_say_what_is_resampled(store):
    records = [recorded(store, "tophat", "ab"), recorded(store, "mpcm", "abc")]
    page = leaderboard(records, REFERENCE, store.per_image)["footage"]
    shown = terminal.tables(records, REFERENCE)
    for text in (page, shown):
        assert "resample whole sequences, of which there are 3" in " ".join(text.split())
        assert "IoU, nIoU, precision, recall and F1 of pixels are undefined" in " ".join(text.split())
    assert "12 images, metric version 1, frames of 3 sequences" in page
    assert "cannot be told apart by Pd" in page
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| tophat")
    ]
    assert ["tophat", "c", "4", "0.0000", "2500.000", "1.0000"] in rows
    assert ["tophat", "mean of sequences", "–", "0.6667", "2500.000", "1.0000"] in rows
    assert ["tophat", "worst", "–", "0.0000", "2500.000", "1.0000"] in rows
    assert next(row for row in rows if len(row) > 10)[2:4] == ["–", "–"]  # IoU and nIoU
    lines = [line.split() for line in shown.splitlines()]
    assert ["tophat", "worst", "–", "0.0000", "2500.000", "1.0000"] in lines
    assert page.index("| mpcm") < page.index("| tophat")  # the better Pd comes first


def test_a_comparison_counts_sequences(store):
    first, second = recorded(store, "tophat", "ab"), recorded(store, "mpcm", "abc")
    found = compare(first, second, [store.per_image(first), store.per_image(second)], REFERENCE)
    assert found.metrics.keys() == {"Pd", "Fa", "target_precision", "target_F1"}
    assert found.metrics["Pd"].images == 3
    pd = next(entry for entry in REFERENCE if entry.name == "Pd")
    assert "on 3 sequences" in sentence(pd, found.names, found.metrics["Pd"], found.units)


@pytest.mark.parametrize("collector", [CurveCollector, FindingCollector, BestThreshold, Audit])
def test_what_needs_masks_refuses_points(collector):
    sample = Footage().load("a/0")
    score = np.zeros((40, 40), dtype=np.float32)
    with pytest.raises(DataError, match="only the centres of its targets are known, and .* needs masks"):
        collector().take(sample, Maps(score, score))
    collector().take(replace(sample, points=False), Maps(score, score))


def test_a_second_grid_refuses_points():
    with pytest.raises(DataError, match="a second grid needs masks"):
        score_job(job(protocol="cpu512"), found_in("a"))


def test_no_training_takes_a_centre_for_a_mask():
    with pytest.raises(UsageError, match="only the centres .* native learns from masks; learn from points"):
        check_images(job("acm", "native"))


def test_inverted_maps_are_told_on_points_too():
    with pytest.warns(UserWarning, match="of all pixels are predicted to be targets"):
        score_job(job(), predictor_of(lambda _name, image: 1 - image / 255))[0].warn_of_odd_maps()
