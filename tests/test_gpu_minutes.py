"""The script for a GPU that is at hand for minutes: its slices, their limits, and that nothing is lost."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / "benchmarks" / "gpu_minutes.py"
PARTS = ["cold", "tests", "tuning", "training", "scans", "costs"]


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("gpu_minutes", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["gpu_minutes"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["gpu_minutes"]


@pytest.fixture
def session(script, tmp_path):
    """A session with a minute left."""
    for folder in ("out", "work"):
        (tmp_path / folder).mkdir()
    return script.Session(tmp_path / "out", tmp_path / "work", dry=True, ends=time.monotonic() + 60)


def python(code):
    return [sys.executable, "-c", code]


def kept(session):
    with tarfile.open(session.out / "kept.tar.gz") as archive:
        return set(archive.getnames())


def test_every_slice_runs_dry_and_leaves_what_it_found(tmp_path):
    command = [sys.executable, FILE, "--dry", "--minutes", "30", "--out", tmp_path / "out", "--work", tmp_path / "work"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    report = (tmp_path / "out" / "report.txt").read_text()
    assert done.returncode == 0, report
    assert [line.split()[1] for line in report.splitlines() if line in {f"## {part}" for part in PARTS}] == PARTS
    with tarfile.open(tmp_path / "out" / "kept.tar.gz") as archive:
        found = set(archive.getnames())
    assert {"gpu.md", "training.md", "tuned.json", "leaderboards/efficiency/acm-64x64-cpu.json"} <= found


def test_a_slice_that_fails_or_takes_too_long_ends_alone_and_is_told(script, session):
    slow = python("print('begun', flush=True); import time; time.sleep(600)")
    assert not script.run(session, script.Slice("slow", 2.0, [slow]))
    assert not script.run(session, script.Slice("wrong", 30.0, [python("import no_such_module")]))
    assert script.run(session, script.Slice("right", 30.0, [python("print('found')")]))
    report = (session.out / "report.txt").read_text()
    assert "begun" in report and "found" in report and "ModuleNotFoundError" in report
    told = {name: noted["told"] for name, noted in session.noted().items()}
    assert "its limit" in told["slow"] and told["wrong"] == "exit code 1" and told["right"].endswith(" s")
    parts = [script.Slice(name, 1.0, []) for name in ("right", "wrong", "slow", "new")]
    assert script.left_over(session, parts) == ["wrong", "slow", "new"]  # the next call does them


def test_what_a_command_began_ends_with_it(script, session):
    child = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
    code = f"import os, subprocess, sys; os.chdir({str(session.work)!r}); "
    code += f"subprocess.run([sys.executable, '-c', {child!r}])"
    while not (session.work / "pid").exists():
        script.run(session, script.Slice("slow", 5.0, [python(code)]))
    time.sleep(0.2)
    stat = Path(f"/proc/{(session.work / 'pid').read_text()}/stat")
    assert not stat.exists() or stat.read_text().split()[2] == "Z"


def test_results_are_packed_while_a_slice_runs(script, session, monkeypatch):
    monkeypatch.setattr(script, "LOOKS", 0.2)
    code = f"open({str(session.work / 'early.json')!r}, 'w').write('1'); import time; time.sleep(3)"
    packs = []
    monkeypatch.setattr(session, "pack", lambda: packs.append((session.work / "early.json").exists()))
    script.call(session, python(code), 2.0)
    assert packs[-1]


def test_only_results_are_packed(script, session):
    for name in ("found.json", "triton/cached.json", "site/package.txt", "core"):
        path = session.work / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    session.pack()
    assert kept(session) == {"found.json", "tuned.json"}


def test_what_has_no_time_left_is_not_begun(script, session):
    session.ends = time.monotonic() + 5
    assert not script.run(session, script.Slice("late", 300.0, [python("1")]))
    assert session.noted() == {}


def test_a_campaign_gets_the_minutes_that_are_left(script, session):
    part = script.Slice("sweep", 50.0, [[*python("import sys; print('minutes', sys.argv[1])"), script.LEFT]])
    script.run(session, part)
    assert float((session.out / "report.txt").read_text().split("minutes ")[1].split()[0]) == pytest.approx(
        0.65, abs=0.1
    )


def write_wheel(folder):
    """A wheel of one module, as pip takes it."""
    folder.mkdir()
    name, info = "carried-1.0", "carried-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carried.py", "WHERE = __file__\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: carried\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder


def test_carried_wheels_are_there_for_the_slices_and_not_installed(script, session, tmp_path):
    script.prepare(session, write_wheel(tmp_path / "wheels"))
    script.run(session, script.Slice("uses it", 30.0, [python("import carried; print(carried.WHERE)")]))
    assert str(session.work / "site" / "carried.py") in (session.out / "report.txt").read_text()
    assert importlib.util.find_spec("carried") is None


def test_a_wheel_that_cannot_be_unpacked_is_said(script, session, tmp_path):
    (tmp_path / "broken-1.0-py3-none-any.whl").write_text("no wheel")
    with pytest.raises(SystemExit, match="pip could not unpack"):
        script.prepare(session, tmp_path)


def test_without_a_gpu_it_says_so(tmp_path):
    command = [sys.executable, FILE, "--out", tmp_path / "out", "--work", tmp_path / "work", "--slices", "tests"]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 1 and "no CUDA device" in done.stderr
