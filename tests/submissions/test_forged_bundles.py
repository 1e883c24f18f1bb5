"""What is wrong with a bundle is refused in a sentence that names the file and the fix."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import stat
import zipfile

import numpy as np
import pytest
from conftest import run_once
from published_here import edit, forge, write_weights

from istdbench.errors import IstdbenchError
from istdbench.files import sha256_bytes
from istdbench.results import Store
from istdbench.submissions import bundle as bundle_module
from istdbench.submissions import published_files
from istdbench.submissions.bundle import read_bundle
from istdbench.submissions.check_bundle import check_bundle


def refusal(folder, tmp_path) -> str:
    """Why the check refuses a bundle: one sentence that names it."""
    with pytest.raises(IstdbenchError) as caught:
        check_bundle(read_bundle(folder), Store(tmp_path / "none"))
    told = str(caught.value)
    assert folder.name in told
    return told


@pytest.mark.parametrize("kind", ["classical", "network", "maps"])
def test_an_honest_bundle_comes_out_bit_for_bit(handed, tmp_path, kind):
    assert check_bundle(read_bundle(handed(kind)), Store(tmp_path / "none")).exact


def set_of(group: str, field: str, value: object):
    return lambda told: told[group].update({field: value})


FORGED_RECORDS = {
    "another protocol hash": (set_of("protocol", "hash", "f" * 64), "protocol short512 has hash ffffffffffff… there"),
    "a protocol that is a program": (set_of("protocol", "name", "evil.py"), "protocol evil.py is a file, which is not"),
    "an unknown protocol": (set_of("protocol", "name", "nativ"), "did you mean 'native'?"),
    "a data set of one's own": (set_of("dataset", "name", "folder:mine"), "folder does not come with istdbench"),
    "an unknown data set": (set_of("dataset", "name", "nuua"), "data set nuua does not come with istdbench"),
    "an unknown split": (set_of("dataset", "split", "best"), "has another split now"),
    "another part": (set_of("dataset", "part", "val"), "has another part now"),
    "other images": (set_of("dataset", "fingerprint", "0" * 64), "has other files than when this was recorded"),
    "parameters that it has not": (set_of("probes", "parameters", {"parameters": 9}), "parameters is 9 in the record"),
    "what only its machine measured": (set_of("probes", "latency", {"median_ms": 0.1}), "probes of your machine"),
    "a method that is not there": (set_of("method", "name", "nosuch"), "no method 'nosuch' is registered here"),
    "a badge of its own": (
        lambda told: told.update(submission={"bundle": "classical", "by": "me", "author": True}),
        "it says itself that it was handed in",
    ),
}


@pytest.mark.parametrize("name", FORGED_RECORDS)
def test_a_record_that_says_otherwise_is_refused(handed, tmp_path, name):
    change, says = FORGED_RECORDS[name]
    folder = handed("classical")
    forge(folder, change)
    assert says in refusal(folder, tmp_path)


def test_numbers_of_another_run_are_refused_though_table_and_hashes_agree(handed, sender, tmp_path):
    better = run_once("tophat:size=3", sender.folder)
    folder = handed("classical")
    bundle = read_bundle(folder)
    shutil.rmtree(folder / "records")
    forged = bundle.record.model_copy(update={"metrics": better.metrics})
    bundle.store.save(forged, sender.store.per_image(better))
    (folder / "records" / ".lock").unlink()
    told = refusal(folder, tmp_path)
    assert "the number does not come out (" in told and f"IoU {better.metrics.value('IoU'):.6g} -> " in told


def test_values_without_their_table_are_refused(handed, tmp_path):
    folder = handed("classical")
    forged = next(folder.rglob("*-seed0-*.json"))
    edit(forged, lambda told: told["metrics"]["values"].update(IoU=0.99))
    assert "not the table of this record: it gives IoU" in refusal(folder, tmp_path)


def test_an_altered_table_is_refused(handed, tmp_path):
    folder = handed("classical")
    table = next(folder.rglob("*.csv"))
    table.write_text(table.read_text().replace("test_0000", "test_0009"))
    assert f"{table}: changed since its record was written" in refusal(folder, tmp_path)


def test_a_table_elsewhere_is_refused(handed, tmp_path):
    folder = handed("classical")
    edit(next(folder.rglob("*-seed0-*.json")), lambda told: told["per_image"].update(file="../../../secret.csv"))
    assert "per_image.file" in refusal(folder, tmp_path)


@pytest.mark.parametrize("name", ["../../../etc", "..", "a/b", "nuaa\\..\\x"])
def test_a_name_that_leads_elsewhere_is_refused(handed, tmp_path, name):
    folder = handed("classical")
    edit(next(folder.rglob("*-seed0-*.json")), lambda told: told["dataset"].update(name=name))
    assert "not a record (dataset.name" in refusal(folder, tmp_path)


def test_another_schema_is_refused(handed, tmp_path):
    folder = handed("classical")
    edit(folder / "submission.json", lambda told: told.update(schema_version=2))
    assert "schema_version is 2, and this istdbench reads 1" in refusal(folder, tmp_path)
    edit(folder / "submission.json", lambda told: told.update(schema_version=1))
    edit(next(folder.rglob("*-seed0-*.json")), lambda told: told.update(schema_version=3))
    assert "not a record (schema_version" in refusal(folder, tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('{"schema_version": 1}', "signer: Field required"),
        ('{"schema_version": 1, "signer": {"name": "a\\nb", "contact": "c", "author": true}}', "signer.name"),
    ],
)
def test_a_form_that_is_none_is_refused(handed, tmp_path, text, says):
    folder = handed("classical")
    (folder / "submission.json").write_text(text)
    assert says in refusal(folder, tmp_path)


def test_what_is_no_plain_folder_of_the_three_files_is_refused(handed, tmp_path, monkeypatch):
    folder = handed("classical")
    (folder / "setup.py").write_text("import os")
    assert "setup.py does not belong in a bundle; delete it" in refusal(folder, tmp_path)
    (folder / "setup.py").unlink()

    table = next(folder.rglob("*.csv"))
    outside = tmp_path / "outside.csv"
    table.rename(outside)
    table.symlink_to(outside)
    assert f"{table}: a link, which may lead anywhere" in refusal(folder, tmp_path)
    table.unlink()
    outside.rename(table)

    monkeypatch.setattr(bundle_module, "LARGEST", 100)
    assert "bytes, and a bundle's files have at most 100" in refusal(folder, tmp_path)

    archive = shutil.make_archive(str(tmp_path / "bundle"), "zip", folder)
    with pytest.raises(IstdbenchError, match="a bundle is a plain folder, no archive: unpack it"):
        read_bundle(tmp_path / archive)
    with pytest.raises(IstdbenchError, match="a link, which may lead anywhere"):
        (tmp_path / "linked").symlink_to(folder)
        read_bundle(tmp_path / "linked")


def at(folder, url: str | None) -> None:
    edit(folder / "submission.json", lambda told: told.update(url=url))


def test_weights_that_moved_are_refused(handed, sender, tmp_path):
    folder = handed("network")
    at(folder, f"{sender.url}/gone.safetensors")
    assert re.search(
        r"gone.safetensors does not give the file \(it answers 404\); publish it", refusal(folder, tmp_path)
    )
    at(folder, "http://127.0.0.1:1/tiny.safetensors")
    assert "does not give the file (ConnectionError)" in refusal(folder, tmp_path)
    (sender.public / "other.safetensors").write_bytes(b"other")
    at(folder, f"{sender.url}/other.safetensors")
    assert "put the very file there again, or submit what is there now" in refusal(folder, tmp_path)
    at(folder, "file:///etc/passwd")
    assert "submission.json: url: " in refusal(folder, tmp_path)
    at(folder, None)
    assert "url is missing" in refusal(folder, tmp_path)


def test_more_bytes_than_weights_have_are_not_taken(handed, tmp_path, monkeypatch):
    monkeypatch.setattr(published_files, "LARGEST", 100)
    assert "sends more than 100 bytes" in refusal(handed("network"), tmp_path)


class Bomb:
    def __reduce__(self):
        return exec, ("raise SystemExit('it was run')",)


def test_weights_that_are_a_pickle_are_refused_and_not_run(handed, sender, tmp_path):
    content = pickle.dumps(Bomb())
    (sender.public / "bomb.pth").write_bytes(content)
    folder = handed("network")
    forge(folder, set_of("weights", "sha256", sha256_bytes(content)))
    at(folder, f"{sender.url}/bomb.pth")
    assert "this is a pickle (made by torch.save), which can run code" in refusal(folder, tmp_path)


def test_weights_that_say_otherwise_of_themselves_are_refused(handed, tmp_path):
    folder = handed("network")
    forge(folder, lambda told: told["weights"].update(training={"dataset": "nudt"}))
    assert "the file says otherwise of its training or its input" in refusal(folder, tmp_path)


def test_weights_that_saw_the_test_images_are_refused(handed, sender, scenes, tiny, tmp_path):
    digests = [scenes.digest(name) for name in scenes.names("official", "test")]
    facts = {"dataset": "synth", "fingerprint": "0" * 64, "digests": digests}
    path = write_weights(sender.public / "seen.safetensors", tiny, **facts)
    folder = handed("network")
    training = {name: value for name, value in json.loads(_header(path))["training"].items() if name != "digests"}
    changed = {"sha256": sha256_bytes(path.read_bytes()), "training": training}
    forge(folder, lambda told: told["weights"].update(changed))
    at(folder, f"{sender.url}/seen.safetensors")
    assert "were trained on 3 of the 3 images that they are to be scored on" in refusal(folder, tmp_path)


def _header(path) -> str:
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])["__metadata__"]["istdbench"]


PLUGIN = {"requirement": "odd==1.0", "distribution": "odd", "version": "1.0"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "no method 'nosuch' is registered here; install its plugin: pip install 'odd==1.0'"),
        ({"requirement": "odd"}, "it is not pinned to what the record was made with, odd 1.0"),
        ({"requirement": "odd==1.*"}, "it is not pinned"),
        ({"requirement": "odd==1.1"}, "it is not pinned"),
        ({"requirement": "odd @ git+https://example.org/odd"}, "it is not pinned"),
        ({"requirement": "odd @ file:///tmp/odd"}, "it is not pinned"),
        ({"requirement": "other==1.0"}, "of package other, and the method comes from odd"),
        ({"requirement": "--index-url=https://example.org"}, "no requirement of one package"),
        ({"requirement": "-r /etc/passwd"}, "no requirement of one package"),
    ],
)
def test_a_plugin_that_is_absent_or_not_pinned_is_refused(handed, tmp_path, change, says):
    folder = handed("classical")
    forge(folder, set_of("method", "name", "nosuch"))
    edit(folder / "submission.json", lambda told: told.update(plugin=PLUGIN | change))
    assert says in refusal(folder, tmp_path)


def test_a_plugin_of_another_package_is_refused(handed, tmp_path):
    folder = handed("classical")
    edit(folder / "submission.json", lambda told: told.update(plugin=PLUGIN))
    assert "method tophat comes from built-in here, and its plugin is odd 1.0" in refusal(folder, tmp_path)


def test_maps_under_the_name_of_a_method_are_refused(handed, tmp_path):
    folder = handed("maps")
    forge(folder, set_of("method", "name", "mim_istd"))
    assert "a method of this name is registered, and the row would look as if it had been run" in refusal(
        folder, tmp_path
    )


def test_maps_that_changed_are_refused(handed, sender, tmp_path):
    folder = handed("maps")
    shutil.unpack_archive(sender.public / "maps.zip", tmp_path / "changed")
    np.save(next((tmp_path / "changed").rglob("test_0001.npy")), np.zeros((64, 64), np.float32))
    shutil.make_archive(str(sender.public / "changed"), "zip", tmp_path / "changed")
    at(folder, f"{sender.url}/changed.zip")
    assert "the maps in the archive are not those that were scored" in refusal(folder, tmp_path)


def archive_of(path, member: zipfile.ZipInfo | str, content: bytes = b"x") -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)


def test_an_archive_that_would_do_harm_is_refused(handed, sender, tmp_path, monkeypatch):
    folder = handed("maps")
    at(folder, f"{sender.url}/harm.zip")
    path = sender.public / "harm.zip"
    archive_of(path, "maps/test_0000.npy")
    assert "the archive: no score map for 2 of 3 images" in refusal(folder, tmp_path)
    for name in ("../out.npy", "/out.npy", "a/../../out.npy"):
        archive_of(path, name)
        assert "leads out of" in refusal(folder, tmp_path)
    link = zipfile.ZipInfo("test_0000.npy")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive_of(path, link, b"/etc/passwd")
    assert "'test_0000.npy' in the archive is a link" in refusal(folder, tmp_path)
    path.write_bytes(b"no archive")
    assert "no zip archive that can be unpacked" in refusal(folder, tmp_path)
    archive_of(path, "test_0000.npy", bytes(100_000))
    monkeypatch.setattr(published_files, "LARGEST", 50_000)
    assert "the archive has 1 files of 100,000 bytes" in refusal(folder, tmp_path)
