"""The package's weights on data and under protocols that are not their own, on real images."""

import shutil

import numpy as np
import pytest

from istdbench.errors import UsageError, WeightsError
from istdbench.jobs.job import make_job
from istdbench.jobs.leaks import refuse_overlap
from istdbench.jobs.named_weights import job_with
from istdbench.jobs.weights import WeightsFile
from istdbench.jobs.zoo_files import ZOO
from istdbench.results import read_record
from istdbench.runs.to_record import job_key, weights_info
from istdbench.scoring.predictors import job_predictor
from istdbench.spec import parse_spec

MIM, NUAA = parse_spec("mim_istd"), parse_spec("nuaa")
WEIGHTS = ZOO / "nuaa" / "cpu512" / "mim_istd-seed0" / "weights.safetensors"


@pytest.fixture
def nuaa(real_data, monkeypatch, home):
    monkeypatch.setenv("ISTDBENCH_HOME", str(home))
    return real_data("nuaa")


def test_under_native_they_are_refused_or_see_what_they_see_under_their_own_protocol(nuaa):
    with pytest.raises(UsageError, match="'cpu512', not by 'native'"):
        job_with(WEIGHTS, MIM, NUAA, "native", 0)
    own = job_with(WEIGHTS, MIM, NUAA, None, 0)
    other = job_with(WEIGHTS, MIM, NUAA, "native", 0, of_another_protocol=True)
    assert (own.protocol.name, other.protocol.input.resize) == ("cpu512", None)
    sample = nuaa.load(own.test_names[0])
    maps = [job_predictor(job, WEIGHTS)(sample).score for job in (own, other)]
    assert np.array_equal(*maps)


def test_only_where_the_input_is_not_the_protocol_s_the_record_holds_it_and_has_another_key(nuaa):
    shipped, record = WeightsFile(WEIGHTS, "zoo"), read_record(WEIGHTS.with_name("record.json"))
    own, other = make_job(MIM, NUAA, None), make_job(MIM, NUAA, "native")
    assert weights_info(shipped, own) == record.weights
    assert job_key(own, weights_info(shipped, own)) == record.key
    said = weights_info(shipped, other)
    assert said.input.resize == 512
    assert job_key(other, said) != job_key(other, said.model_copy(update={"input": None}))


def test_the_other_split_has_test_images_that_they_were_trained_on(nuaa, tmp_path):
    rules = tmp_path / "half.py"
    rules.write_text('summary = "the other split"\ndata = dict(split="5050", validate_on=None)\n')
    job = make_job(MIM, NUAA, str(rules))
    learned = set(nuaa.names("official", "trainval")) & set(job.test_names)
    with pytest.raises(WeightsError, match=rf"trained on {len(learned)} of the {len(job.test_names)} images"):
        refuse_overlap(job, WEIGHTS)


def test_a_folder_of_training_images_under_other_names_is_found_out(nuaa, tmp_path):
    names = [*nuaa.names("official", "trainval")[:3], *nuaa.names("official", "test")[:2]]
    for number, name in enumerate(names):
        for kind, path in zip(("images", "masks"), nuaa.paths(name), strict=True):
            (tmp_path / kind).mkdir(exist_ok=True)
            shutil.copy(path, tmp_path / kind / f"mine{number}.png")
    job = make_job(MIM, parse_spec(f"folder:{tmp_path},grey_masks=true"), "cpu512")
    with pytest.raises(WeightsError, match=r"trained on 3 of the 5 images .* \(mine0, mine1, mine2\)"):
        refuse_overlap(job, WEIGHTS)
