"""The committed numbers come out again: a few images of every committed record are scored anew."""

from pathlib import Path

import pytest

from istdbench.engine.evaluate import count_images, count_rows
from istdbench.engine.job import make_job
from istdbench.engine.predict import classical_predictor, trained_predictor
from istdbench.engine.weights import find_weights
from istdbench.results import Store
from istdbench.spec import parse_spec

STORE = Store(Path(__file__).parents[1] / "leaderboards" / "records")
IMAGES = 3
# a score that lies within rounding of the threshold may fall on either side on another machine
PIXELS = 2


def predictor_of(job):
    if job.method.build is None:
        return classical_predictor(job)
    return trained_predictor(job, find_weights(job)[0])[0]


@pytest.mark.parametrize("record", STORE.load_all(), ids=lambda record: str(record.path.with_suffix("")))
def test_a_committed_record_comes_out_again(record, request):
    if record.dataset.name in ("nuaa", "irstd1k"):
        request.getfixturevalue("real_data")(record.dataset.name)
    job = make_job(parse_spec(record.method.name), parse_spec(record.dataset.name), record.protocol.name, record.seed)
    assert (job.protocol.hash, job.dataset.fingerprint) == (record.protocol.hash, record.dataset.fingerprint)
    names = job.test_names[:IMAGES]
    again = count_rows(count_images(predictor_of(job), job.dataset, names, job.protocol.scoring.threshold))
    kept = {row["name"]: row for row in STORE.per_image(record).to_dict("records")}
    for row in again:
        assert row == pytest.approx(kept[row["name"]], abs=PIXELS)
