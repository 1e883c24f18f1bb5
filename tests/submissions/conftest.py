"""Bundles of a classical method, of a network and of score maps, as `istdbench submit` writes them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from handing_in import SIGNER, SYNTH, run_once
from published_here import served, write_weights
from tiny_training import TINY, register_tiny

from istdbench.committed.pages import write
from istdbench.jobs import zoo_files
from istdbench.registry import build_dataset
from istdbench.results import Store
from istdbench.runs.from_predictions import About, record_predictions
from istdbench.spec import parse_spec
from istdbench.submissions import sealed_track
from istdbench.submissions.new_bundle import new_bundle


@dataclass(frozen=True)
class Sender:
    """What a sender has: `records`, `bundles` by kind, and the folder `public` behind the address `url`."""

    folder: Path
    url: str

    @property
    def public(self) -> Path:
        return self.folder / "public"

    @property
    def store(self) -> Store:
        return Store(self.folder / "leaderboards" / "records")

    def bundle(self, kind: str) -> Path:
        return self.folder / "submissions" / kind


@pytest.fixture(scope="session")
def sender(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sender")
    with served(folder / "public") as url:
        with pytest.MonkeyPatch.context() as patch:  # undone before the tests of others
            patch.setenv("ISTDBENCH_HOME", str(folder / "home"))
            register_tiny(patch)
            sender = Sender(folder, url)
            submissions = folder / "submissions"
            classical = run_once("tophat", folder, maps=folder / "maps", probes=["parameters"])
            new_bundle(sender.store, classical, SIGNER, submissions, name="classical")

            file = write_weights(sender.public / "tiny.safetensors", TINY)
            network = run_once("tiny", folder, file)
            new_bundle(sender.store, network, SIGNER, submissions, name="network", url=f"{url}/tiny.safetensors")

            [maps] = (folder / "maps").iterdir()
            [files] = {path.parent for path in maps.rglob("*.npy")}
            (files / "maps.json").unlink(missing_ok=True)
            shutil.make_archive(str(sender.public / "maps"), "zip", files)
            scored = record_predictions(
                files, parse_spec(SYNTH), About(parse_spec("mynet"), parameters=1e6), sender.store
            )
            new_bundle(sender.store, scored, SIGNER, submissions, name="maps", url=f"{url}/maps.zip")
        yield sender


@pytest.fixture
def tiny(sender, monkeypatch):
    """The tiny network is registered again, as where its bundle was made."""
    monkeypatch.setenv("ISTDBENCH_HOME", str(sender.folder / "home"))
    register_tiny(monkeypatch)
    return TINY


@pytest.fixture
def handed(sender, tiny, tmp_path):
    """`handed("network")` is a copy of that bundle, to be altered."""

    def copy(kind: str) -> Path:
        return Path(shutil.copytree(sender.bundle(kind), tmp_path / "submissions" / kind))

    return copy


@pytest.fixture
def short(monkeypatch):
    """A track of one point."""
    for name, value in {"CLUTTERS": ("sea",), "SCRS": (30.0,), "SIGMAS": (1.5,), "IMAGES": 4}.items():
        monkeypatch.setattr(sealed_track, name, value)


@pytest.fixture
def empty_zoo(tmp_path, monkeypatch):
    """A package without weights, so that a check of the leaderboards is one of them alone."""
    monkeypatch.setattr(zoo_files, "ZOO", tmp_path / "zoo")
    write()


@pytest.fixture
def scenes():
    return build_dataset(parse_spec(SYNTH))
