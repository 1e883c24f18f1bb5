"""A committed record comes out again with other numbers of threads than it was made with."""

from pathlib import Path

import pytest
import torch

from istdbench.results import RECORDS, Store
from istdbench.runs.consistency import recorded_counts
from istdbench.runs.from_record import recorded_job, recorded_predictor
from istdbench.scoring.image_counts import count_images

STORE = Store(Path(__file__).parents[2] / "leaderboards" / RECORDS)
IMAGES = 4


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("method", ["mim_istd", "baseline", "tophat"])
def test_every_count_is_as_recorded(threads, method):
    [record] = [each for each in STORE.of(dataset="synth", protocol="short512", seed=0) if each.method.name == method]
    job, then = recorded_job(record), recorded_counts(STORE, record)
    names = job.test_names[:IMAGES]
    counts = count_images(recorded_predictor(record, job), job.dataset, names, job.protocol.scoring.threshold)
    assert counts == {name: then[name] for name in names}
