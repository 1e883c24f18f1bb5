"""A name is checked where it comes in, so that no path, page or command line takes it for something else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from results.sample_records import make_record

from istdbench.datasets.dataset import Sample
from istdbench.errors import DataError, IstdbenchError, UsageError
from istdbench.jobs.header import TrainingFacts
from istdbench.protocols.protocol import load_protocol
from istdbench.registry import DATASETS, METHODS, METRICS, PROBES, REPORTERS
from istdbench.results import read_record
from istdbench.results.cost import CostRecord
from istdbench.runs.from_predictions import About
from istdbench.scoring.loop import Maps
from istdbench.scoring.maps import MapWriter
from istdbench.spec import LONGEST_SLUG, Spec, check_name, parse_spec

NO_NAMES = (
    "",
    ".",
    "..",
    "../../x",
    "/etc/passwd",
    "C:\\x",
    "a/b",
    "con",
    "COM1",
    "nul.txt",
    "x" * 300,
    "a\0b",
    "a\nb",
    "a\n",
    " a",
    "-a",
    "_a",
    "=1+1",
    "a.",
    "$x$",
    "a|b",
    "<b>",
    "näme",
    "a\u202eb",
)
FACTS = {
    "dataset": "nuaa",
    "fingerprint": "0",
    "split": "official",
    "part": "train",
    "images": 1,
    "training_hash": "0",
    "seed": 0,
    "epochs": 1,
    "steps": 1,
    "seconds": 1.0,
    "loss": 0.1,
    "device": "cpu",
    "versions": {},
}


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="^the name "):
        check_name(name, "the name")


@pytest.mark.parametrize("catalogue", [METHODS, DATASETS, METRICS, PROBES, REPORTERS])
def test_what_comes_with_the_package_has_names(catalogue) -> None:
    for name in (*catalogue.names(), "U-Net++", "dnanet.v2", "0day"):
        check_name(name, "the name")


@given(st.text(max_size=20), st.text(max_size=400))
def test_a_slug_is_one_file_in_its_folder(name: str, argument: str) -> None:
    try:
        check_name(name, "it")
    except UsageError:
        return
    slug = Spec(name, argument).slug
    path = Path("/folder", f"{slug}.md")
    assert path.parent == Path("/folder") and path.resolve() == path and len(slug.encode()) <= LONGEST_SLUG
    assert not any(ord(letter) < 32 for letter in slug)


@pytest.mark.parametrize("name", ["..", "con", "a b", "-x", "x" * 120, "$x$"])
@pytest.mark.parametrize("ending", [".py", ".toml"])
def test_a_protocol_s_file_is_called_by_a_name(name: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}{ending}"
    path.write_text('summary = "mine"\n')
    with pytest.raises(UsageError, match=f"protocol file .*{ending}"):
        load_protocol(str(path), "nuaa")


@pytest.mark.parametrize("name", ["../../x.py", "a\0b", "a\0b.toml", "x" * 300, "x" * 300 + ".toml", "", "/"])
def test_a_protocol_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"protocol file .* does not exist|unknown protocol"):
        load_protocol(name, "nuaa")


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "../..", "a\0b"])
def test_no_map_is_written_outside_its_folder(name: str, tmp_path: Path) -> None:
    map_of = Maps(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32))
    with pytest.raises(DataError, match=r"leads out of .*maps"):
        MapWriter(tmp_path / "maps").take(Sample(name, np.zeros((2, 2), np.float32), np.zeros((2, 2), bool)), map_of)
    assert not list(tmp_path.rglob("*.npy"))


@pytest.mark.parametrize("part", ["method", "dataset", "protocol"])
@pytest.mark.parametrize("name", [name for name in NO_NAMES if name != "C:\\x"])  # which is C with an argument
def test_a_record_that_names_no_names_is_no_record(part: str, name: str, tmp_path: Path) -> None:
    record = json.loads(make_record().to_json())
    record[part]["name"] = name
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    with pytest.raises(IstdbenchError, match=rf"record\.json: not a record \({part}\.name: "):
        read_record(path)


def test_a_cost_record_names_a_method() -> None:
    made = make_record().provenance
    with pytest.raises(ValidationError, match="is no name"):
        CostRecord(method="..", options={}, size=(1, 1), probes={}, provenance=made)


def test_a_record_of_predictions_is_given_a_name() -> None:
    with pytest.raises(UsageError, match="--name 'my net' is no name; use letters A-Z"):
        About(parse_spec("my net"))


@pytest.mark.parametrize("protocol", ["evil.py", "evil.toml", "../evil.py", "evil.py:training.epochs=3", "../x"])
def test_weights_name_a_protocol_and_never_its_file(protocol: str) -> None:
    TrainingFacts(**FACTS, protocol="cpu512:training.epochs=3")
    with pytest.raises(ValidationError, match="protocol"):
        TrainingFacts(**FACTS, protocol=protocol)
