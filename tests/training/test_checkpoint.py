"""Checkpoints: what is whole is found, what is damaged is named and passed over, what fails leaves the ones before."""

import errno
import os
from dataclasses import replace

import pytest
import safetensors.torch
import torch
from tiny_training import TINY, tiny_job, tiny_network

from istdbench.errors import IstdbenchError
from istdbench.jobs.weights import load_weights
from istdbench.progress import Stopped
from istdbench.training import checkpoint as checkpoint_module
from istdbench.training.checkpoint import Checkpoints, Progress
from istdbench.training.logs import training_folder
from istdbench.training.train import train


def test_a_checkpoint_cut_short_is_ignored(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(Progress(epoch=1, steps=3), {"network": {"w": torch.ones(2)}}, {"state": {}})
    (tmp_path / "epoch-00002.tmp").mkdir()
    progress, networks, optimizer = checkpoints.load("cpu")
    assert (progress.epoch, progress.steps, optimizer) == (1, 3, {"state": {}})
    assert torch.equal(networks["network"]["w"], torch.ones(2))


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for epoch in range(1, 6):
        checkpoints.save(Progress(epoch=epoch), {"network": {"w": torch.ones(1)}}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-00004", "epoch-00005"]


def test_a_checkpoint_inside_an_epoch_is_newer_than_the_one_before_it_and_older_than_the_one_after(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for done in (*(Progress(epoch=1, losses=[1.0] * n) for n in (0, 9, 10)), Progress(epoch=2)):
        checkpoints.save(done, {"network": {"w": torch.ones(1)}}, {})
        assert checkpoints.load("cpu")[0] == done
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-00001-step-000010", "epoch-00002"]


def test_a_network_that_lies_with_channels_last_is_kept(tmp_path):
    kernel = torch.randn(4, 3, 3, 3).to(memory_format=torch.channels_last)
    Checkpoints(tmp_path).save(Progress(epoch=1), {"network": {"w": kernel}}, {})
    assert torch.equal(Checkpoints(tmp_path).load("cpu")[1]["network"]["w"], kernel)


def test_a_checkpoint_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IstdbenchError, match="checkpoint .* not written .* ISTDBENCH_HOME"):
        Checkpoints(tmp_path / "file").save(Progress(epoch=1), {"network": {"w": torch.ones(1)}}, {})


def stopped_after(job, epochs):
    """The checkpoints of a training that was told to stop; it wrote one after each step."""
    asked = iter(range(100))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(checkpoint_module, "SECONDS_APART", 0)
        train(job, stop=lambda: next(asked) == epochs)
    return Checkpoints(training_folder(job) / "checkpoints")


def resized(path):
    safetensors.torch.save_file({"0.weight": torch.zeros(2, 2)}, path)


DAMAGES = {
    "truncated": ("network.safetensors", lambda path: os.truncate(path, path.stat().st_size // 2)),
    "zeros": ("optimizer.pt", lambda path: path.write_bytes(bytes(path.stat().st_size))),
    "empty": ("optimizer.pt", lambda path: path.write_bytes(b"")),
    "other shapes": ("network.safetensors", resized),
    "one bit": ("average.safetensors", lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x41")),
    "missing file": ("average.safetensors", lambda path: path.unlink()),
    "no file at all": ("", lambda path: [file.unlink() for file in path.iterdir()]),
    "bad JSON": ("progress.json", lambda path: path.write_text('{"epoch": ')),
    "JSON of another epoch": ("progress.json", lambda path: path.write_text('{"epoch": 3}')),
    "no hashes": ("sha256.json", lambda path: path.unlink()),
    "bad hashes": ("sha256.json", lambda path: path.write_text("[")),
    "hashes of nothing": ("sha256.json", lambda path: path.write_text("{}")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_newest_checkpoint_is_named_and_the_one_before_leads_to_the_same_bits(damage, monkeypatch, tmp_path):
    job = tiny_job(ema=0.9, epochs=4)
    whole = load_weights(train(job))[0]
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))
    checkpoints = stopped_after(job, 3)
    name, do = DAMAGES[damage]
    do(checkpoints.folder / "epoch-00003" / name)
    with pytest.warns(UserWarning, match="epoch-00003 is damaged .*; the training goes on from the one before") as said:
        resumed = load_weights(train(job))[0]
    assert [name in str(each.message) and "\n" not in str(each.message) for each in said] == [True]
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)
    assert not checkpoints.folder.exists()


def test_where_no_checkpoint_is_whole_nothing_is_thrown_away_unasked():
    job = tiny_job()
    checkpoints = stopped_after(job, 2)
    for path in checkpoints.folder.iterdir():
        (path / "network.safetensors").write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="epoch-00002 is damaged"),
        pytest.raises(
            IstdbenchError, match=r"epoch-00001-step-000002 is damaged \(.*network.* no other is whole; .* --restart"
        ),
    ):
        train(job)
    assert len(list(checkpoints.folder.iterdir())) == 2
    train(job, restart=True)


def test_a_network_that_has_changed_since_its_checkpoints_is_refused():
    changed = tiny_job(options={"width": 4})
    stopped_after(changed, 1)
    grown = replace(TINY, build=lambda width: tiny_network(width + 1))
    with pytest.raises(IstdbenchError, match="the network is not the one of the checkpoints in .*size mismatch"):
        train(replace(changed, method=grown))


def test_a_full_disk_is_one_sentence_and_the_training_goes_on_from_the_checkpoint_before(monkeypatch, tmp_path):
    job = tiny_job()
    whole = load_weights(train(job))[0]
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))
    checkpoints = stopped_after(job, 1)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_module, "SECONDS_APART", 0)
        patch.setattr(checkpoint_module, "write_to_disk", full_disk)
        with pytest.raises(
            IstdbenchError, match="checkpoint .*epoch-00001-step-000001: not written .No space left.*; free"
        ):
            train(job)
    assert sorted(path.name for path in checkpoints.folder.iterdir()) == ["epoch-00000-step-000002", "epoch-00001"]
    resumed = load_weights(train(job))[0]
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def full_disk(path, data):
    path.write_bytes(data[:5])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_files_and_folder_are_on_the_disk_before_the_checkpoint_has_its_name(monkeypatch, tmp_path):
    done = []
    fsync, rename = os.fsync, os.rename
    monkeypatch.setattr(os, "fsync", lambda file: (done.append(os.fstat(file).st_ino), fsync(file)))
    monkeypatch.setattr(os, "rename", lambda old, new: (done.append("rename"), rename(old, new)))
    Checkpoints(tmp_path).save(Progress(epoch=1), {"network": {"w": torch.ones(1)}}, {})
    final = tmp_path / "epoch-00001"
    names = ("network.safetensors", "optimizer.pt", "progress.json", "sha256.json")
    inodes = [path.stat().st_ino for path in (*(final / name for name in names), final, tmp_path)]
    assert done == [*inodes[:-1], "rename", inodes[-1]]
