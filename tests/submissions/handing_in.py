"""Who hands something in, and the run that it is of."""

from __future__ import annotations

from pathlib import Path

from istdbench.runs.run import Settings, run
from istdbench.spec import parse_spec
from istdbench.submissions.bundle import Signer

SYNTH = "synth:n=3,size=64"
SIGNER = Signer(name="A. Author", contact="a@example.org", author=False)


def run_once(method: str, folder: Path, file: Path | None = None, maps: Path | None = None, **more):
    """The record of a run on `SYNTH`, of a network with the weights of a file."""
    told = None if file is None else str(file)
    settings = Settings(out=folder / "leaderboards", weights=told, maps=maps, **more)
    [outcome] = run([parse_spec(method)], [parse_spec(SYNTH)], "short512", [0], settings)
    assert outcome.record is not None, outcome.error
    return outcome.record
