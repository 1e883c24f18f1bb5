"""A result is handed in from end to end: run, submit, check, and the row with its badge."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys

import pytest
from conftest import SIGNER, run_once
from published_here import served, write_weights

from istdbench.errors import UsageError
from istdbench.registry import METHODS
from istdbench.results import Store
from istdbench.scaffold.new_plugin import new_plugin
from istdbench.submissions.bundle import read_bundle
from istdbench.submissions.check_bundle import check_bundle
from istdbench.submissions.new_bundle import new_bundle
from istdbench.submissions.sealed_track import measure_sealed
from istdbench.submissions.taking_in import take_in

DATA = "synth:n=2,size=64"


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    """A package of `istdbench new-plugin`, which this process and those that it starts see as installed."""
    source = new_plugin("my_net", tmp_path) / "src"
    info = source / "istdbench_my_net-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: istdbench-my-net\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[istdbench]\nmy_net = istdbench_my_net\n")
    monkeypatch.syspath_prepend(source)
    monkeypatch.delitem(sys.modules, "istdbench_my_net", raising=False)
    [method] = importlib.import_module("istdbench_my_net").register_methods()
    monkeypatch.setitem(METHODS._found, "my_net", ("istdbench-my-net 0.1.0 (my_net)", method))
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    return method


def test_a_strangers_package_is_handed_in_from_run_to_row(istdbench, stranger, short, empty_zoo, tmp_path, monkeypatch):
    with served(tmp_path / "public") as url:
        monkeypatch.chdir(tmp_path)
        write_weights(tmp_path / "public" / "my_net.safetensors", stranger)
        line = f"--dataset {DATA} --protocol short512 --weights public/my_net.safetensors --probes none"
        istdbench(f"run --methods my_net {line}")
        signed = "--signer Me --contact me@example.org --author --affiliation Nowhere --name mine"
        asked = f"submit my_net {signed} --url {url}/my_net.safetensors"
        assert "say with --plugin what others install" in istdbench(asked, code=2).stderr
        told = istdbench(f"{asked} --plugin istdbench-my-net==0.1.0").stdout
        assert "3. look at submissions/mine/submission.json: name and contact will be public" in told
        needs = json.loads(istdbench("submission show submissions/mine --json").stdout)
        assert (needs["requirement"], needs["fetch"]) == ("istdbench-my-net==0.1.0", [])

        shutil.rmtree("leaderboards")  # the repository that takes it in has never seen it
        told = istdbench("submission check submissions/mine").stdout
        assert "submissions/mine: re-run; the number comes out, every count of every image is the same" in told
        with pytest.warns(UserWarning, match="is not checked"):
            sealed = measure_sealed(read_bundle(tmp_path / "submissions" / "mine"), "0" * 40)
        assert (sealed.method, len(sealed.points)) == ("my_net", 1)
    (tmp_path / "leaderboards").mkdir()
    istdbench("leaderboard")
    page = (tmp_path / "leaderboards" / "synth-n=2-size=64.md").read_text()
    assert re.search(r"\| my_net\[\^\d\] .*\| re-run, signed by its authors \|", page)
    assert "Handed in by Me, Nowhere, an author of the method: submissions/mine." in page
    assert (
        "it was handed in; `istdbench submission check submissions/mine` makes it again"
        in istdbench("leaderboard --check --rescore").stdout
    )
    shutil.rmtree("submissions")
    assert "handed in, and no bundle mine gives it; delete it" in istdbench("leaderboard --check", code=1).stderr


def test_maps_are_scored_here_and_their_badge_says_so(istdbench, handed, tmp_path):
    handed("maps")
    out = tmp_path / "leaderboards"
    out.mkdir()
    assert take_in(out) == []
    [record] = Store(out / "records").load_all()
    assert (record.submission.bundle, record.submission.author) == ("maps", False)
    istdbench(f"leaderboard --out {out}")
    assert re.search(r"\| mynet(\[\^\d\])+ .*\| scored +\|", (out / "synth-n=3-size=64.md").read_text())


def test_what_is_taken_in_is_not_touched_again_and_no_record_of_ours_is_replaced(handed, tmp_path):
    out, folder = tmp_path / "leaderboards", handed("classical")
    take_in(out)
    [path] = (out / "records").rglob("*.json")
    before = path.stat().st_mtime_ns
    assert take_in(out) == [] and path.stat().st_mtime_ns == before
    bundle = read_bundle(folder)
    own = Store(out / "records")
    own.save(bundle.record, bundle.store.per_image(bundle.record))
    [problem] = take_in(out)
    assert "is the same run; delete one of the two" in problem and own.load(path).submission is None
    with pytest.warns(UserWarning, match="once it is committed, nothing is to be handed in"):
        check_bundle(bundle, own)


def test_what_cannot_be_handed_in_is_refused_before_anything_is_written(sender, tiny, tmp_path):
    classical = run_once("tophat", sender.folder)
    weights = sender.public / "tiny.safetensors"
    network = run_once("tiny", sender.folder, weights)

    def hand_in(record, **more):
        return new_bundle(sender.store, record, SIGNER, tmp_path, **more)

    for record, more, says in (
        (classical, {"url": "https://example.org/x"}, "names no weights or maps that it could be of"),
        (classical, {"requirement": "odd==1.0"}, "tophat comes with istdbench; leave it out"),
        (classical, {"name": "../x y"}, "use lower-case letters"),
        (network, {}, "say with --url where the weights file can be fetched"),
        (network, {"url": "ftp://example.org/x"}, "an address that begins with https:// is needed"),
    ):
        with pytest.raises(UsageError, match=re.escape(says)):
            hand_in(record, **more)
    assert list(tmp_path.iterdir()) == []
    hand_in(classical, name="once")
    with pytest.raises(UsageError, match="once is there already"):
        hand_in(classical, name="once")
