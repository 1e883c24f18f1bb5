"""A weights file says what its network sees; files from before it did are resolved by the protocol that they name."""

import json

import pytest
from pydantic import ValidationError
from tiny_training import TINY, tiny_job, tiny_protocol

from istdbench.errors import WeightsError
from istdbench.jobs.header import ImportFacts, WeightsHeader
from istdbench.jobs.preprocessing import preprocessing
from istdbench.jobs.weights import read_header
from istdbench.jobs.zoo_files import ZOO
from istdbench.registry import METHODS
from istdbench.results import NetworkInput, read_record
from istdbench.scoring.inputs import InputTransform
from istdbench.scoring.predictors import trained_network
from istdbench.training.train import train

SHIPPED = ZOO / "nuaa" / "cpu512" / "mim_istd-seed0" / "weights.safetensors"
SEEN = NetworkInput(resize=256, pad=32, mean=(1.0, 2.0, 3.0), sd=(4.0, 5.0, 6.0), channels=3)


def test_trained_weights_say_it_themselves():
    job = tiny_job()
    path = train(job)
    seen, threshold = preprocessing(read_header(path), path)
    transform = trained_network(TINY, job.options, path).transform
    assert (seen.resize, seen.pad, seen.channels, threshold) == (None, 32, 1, 0.5)
    assert transform == InputTransform(None, 32, seen.mean, seen.sd)
    assert 80 < seen.mean < 100 and seen.sd > 5  # noise about 80 with bright spots


def test_weights_of_before_are_seen_through_the_protocol_that_they_name():
    method = METHODS.get("mim_istd")
    transform, threshold = trained_network(method, method.resolve({}), SHIPPED)[1:]
    facts = read_header(SHIPPED).training
    assert transform == InputTransform(512, 32, facts.mean, facts.sd)
    assert threshold == 0.5
    assert read_header(SHIPPED).for_record() == read_record(SHIPPED.with_name("record.json")).weights.training


def test_where_that_protocol_is_another_by_now_its_file_is_asked_for():
    header = read_header(SHIPPED)
    changed = header.model_copy(update={"training": header.training.model_copy(update={"training_hash": "0" * 64})})
    with pytest.raises(WeightsError, match="do not say what their network sees, and protocol 'cpu512'.*--protocol"):
        preprocessing(changed, SHIPPED)


def test_a_protocol_that_is_found_by_no_name_may_be_given():
    rules = tiny_protocol()
    facts = read_header(SHIPPED).training
    facts = facts.model_copy(update={"protocol": "mine", "training_hash": rules.training_hash})
    header = read_header(SHIPPED).model_copy(update={"training": facts})
    assert preprocessing(header, SHIPPED, rules)[0].resize is None


def test_imported_weights_need_no_training():
    facts = ImportFacts(file="net.pth", sha256="0" * 64, versions={"istdbench": "0"})
    header = WeightsHeader(method="tiny", options={}, input=SEEN, threshold=0.4, imported=facts)
    again = WeightsHeader.model_validate_json(header.model_dump_json(exclude_defaults=True))
    assert again == header
    assert preprocessing(again, SHIPPED) == (SEEN, 0.4)
    assert again.for_record() == {"imported": {"file": "net.pth", "sha256": "0" * 64, "versions": {"istdbench": "0"}}}


@pytest.mark.parametrize(
    "change",
    [
        {"input": None, "threshold": None},
        {"threshold": None},
        {"input": {**SEEN.model_dump(), "sd": (4.0, 5.0)}},
        {"input": {**SEEN.model_dump(), "mean": 1.0}},
        {"input": {**SEEN.model_dump(), "sd": (4.0, 5.0, 0.0)}},
    ],
)
def test_a_header_that_leaves_it_open_is_none(change):
    said = {"method": "tiny", "options": {}, "input": SEEN.model_dump(), "threshold": 0.5}
    WeightsHeader.model_validate_json(json.dumps(said))
    with pytest.raises(ValidationError):
        WeightsHeader.model_validate_json(json.dumps(said | change))
