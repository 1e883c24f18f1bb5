"""Weights files: what they carry, and every way in which one can be the wrong one."""

import pickle

import pytest
import safetensors.torch
import torch
from tiny_training import TINY, tiny_job, tiny_network

from istdbench.errors import WeightsError
from istdbench.jobs.job import make_job
from istdbench.jobs.weights import (
    WeightsFile,
    filled_network,
    find_weights,
    load_weights,
    save_weights,
    trained_path,
    zoo_path,
)
from istdbench.spec import parse_spec
from istdbench.training.train import train


def test_trained_weights_are_found_and_say_how_they_were_made():
    job = tiny_job()
    path = train(job)
    assert find_weights(job) == WeightsFile(path, "trained")
    header = load_weights(path)[1]
    facts = header.training
    assert (header.method, facts.dataset, facts.split, facts.part) == ("tiny", "spots", "official", "train")
    assert (facts.images, facts.epochs, facts.steps) == (6, 3, 9)
    assert facts.training_hash == job.protocol.training_hash


def test_absent_weights_say_how_to_train():
    with pytest.raises(WeightsError, match="istdbench train tiny --dataset spots --protocol tiny_protocol --seed 0"):
        find_weights(tiny_job())


@pytest.mark.parametrize("change", [{"seed": 1}, {"options": {"width": 5}}, {"epochs": 2}])
def test_weights_of_another_seed_option_or_protocol_are_not_taken(change):
    train(tiny_job())
    with pytest.raises(WeightsError, match="no weights for"):
        find_weights(tiny_job(**change))


def test_weights_of_another_method_are_refused_by_name(tmp_path):
    path = train(tiny_job())
    with pytest.raises(WeightsError, match=r"belong to tiny \(width=4\), not to tiny \(width=5\)"):
        filled_network(TINY, {"width": 5}, path)


def test_a_pickle_is_refused_unread(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was read",))

    for path, write in {
        tmp_path / "old.pkl": lambda p: p.write_bytes(pickle.dumps(Trap())),
        tmp_path / "new.pth": lambda p: torch.save({"x": torch.ones(1)}, p),
    }.items():
        write(path)
        with pytest.raises(WeightsError, match="this is a pickle .* istdbench weights import"):
            load_weights(path)


def test_weights_whose_length_begins_as_a_pickle_does_are_read(tmp_path):
    path, header = train(tiny_job()), b""
    state, meta = load_weights(path)
    for padding in range(0, 256, 8):
        padded = meta.model_copy(update={"method": "tiny" + "x" * padding})
        save_weights(tmp_path / "x.safetensors", state, padded)
        header = (tmp_path / "x.safetensors").read_bytes()[:9]
        if header[:1] == b"\x80":
            break
    assert header[:1] == b"\x80"
    assert load_weights(tmp_path / "x.safetensors")[1] == padded


def test_a_truncated_file_is_refused(tmp_path):
    path = train(tiny_job())
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(WeightsError, match="not a readable safetensors file"):
        load_weights(path)


def test_a_stranger_s_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    safetensors.torch.save_file(tiny_network().state_dict(), path)
    with pytest.raises(WeightsError, match="no 'istdbench' header"):
        load_weights(path)
    with pytest.raises(WeightsError, match="no such file"):
        load_weights(tmp_path / "y.safetensors")


def test_the_path_of_trained_weights_names_data_set_protocol_method_and_seed():
    path = trained_path(tiny_job(seed=3))
    assert path.parts[-3:-1] == ("spots", "tiny_protocol")
    assert path.name.startswith("tiny-seed3-")


def test_a_default_that_is_typed_out_finds_the_same_weights():
    short, long, other = (
        make_job(parse_spec(name), parse_spec("synth"), None)
        for name in ("mim_istd", "mim_istd:inner=first", "mim_istd:inner=all")
    )
    assert zoo_path(long) == zoo_path(short)
    assert trained_path(long) == trained_path(short)
    assert zoo_path(other) != zoo_path(short)


def test_the_same_tensors_and_header_give_the_same_file_whatever_their_order(tmp_path):
    _, header = load_weights(train(tiny_job()))
    state = tiny_network().state_dict()
    for name, order in {"one": list(state), "other": list(state)[::-1]}.items():
        save_weights(tmp_path / name, {key: state[key] for key in order}, header)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_header_of_before_says_how_long_the_training_took_and_is_written_as_it_was(tmp_path):
    state, header = load_weights(zoo_path(make_job(parse_spec("baseline"), parse_spec("nuaa"), None)))
    assert header.training.seconds > 60
    save_weights(tmp_path / "copy", state, header)
    assert load_weights(tmp_path / "copy")[1] == header


@pytest.mark.parametrize("threshold", ["NaN", "Infinity", "-1.0", "2.0"])
def test_a_threshold_that_is_no_score_is_a_damaged_header(tmp_path, threshold):
    state, header = load_weights(train(tiny_job()))
    text = header.model_dump_json(exclude_defaults=True).replace('"threshold":0.5', f'"threshold":{threshold}')
    assert threshold in text
    safetensors.torch.save_file(state, tmp_path / "odd.safetensors", {"istdbench": text})
    with pytest.raises(WeightsError, match="damaged header"):
        load_weights(tmp_path / "odd.safetensors")
