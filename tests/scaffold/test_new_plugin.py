"""A new package is written whole or not at all, and what is written keeps the contract."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conformance.installed import install

from istdbench.conformance import all_cases
from istdbench.errors import IstdbenchError, UsageError
from istdbench.scaffold import new_plugin as module
from istdbench.scaffold.new_plugin import TEMPLATES, Kind, new_plugin


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_package_keeps_the_contract(kind, tmp_path, monkeypatch):
    folder = new_plugin("my_method", tmp_path, kind)
    install(monkeypatch, folder / "src", "istdbench-my-method", "istdbench_my_method")
    results = [case.result() for case in all_cases("istdbench-my-method")]
    assert {result.of for result in results} == {"istdbench-my-method", "my_method"}
    assert [result.why for result in results if result.verdict == "fail"] == []


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_package_is_ready_to_install_test_and_push(kind, tmp_path):
    folder = new_plugin("my_method", tmp_path, kind)
    assert folder == tmp_path / "istdbench-my-method"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "istdbench-my-method"
    assert project["entry-points"] == {"istdbench": {"my_method": "istdbench_my_method"}}
    assert 'cases("istdbench-my-method")' in (folder / "tests" / "test_contract.py").read_text()
    workflow = (folder / ".github" / "workflows" / "test.yml").read_text()
    assert "istdbench check istdbench-my-method" in workflow
    assert "${{ matrix.python }}" in workflow
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in written if "$name" in path.read_text() or path.suffix == ".template"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_package_is_formatted_and_clean(kind, tmp_path):
    pytest.importorskip("ruff")
    folder = new_plugin("my_method", tmp_path, kind)
    for check in (("check", "--select", "E,F,I,B,UP"), ("format", "--check")):
        command = [sys.executable, "-m", "ruff", *check, "--isolated", "--line-length", "120", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
        assert done.returncode == 0, done.stdout


def test_every_template_is_in_the_wheel_by_a_pattern_of_the_package_data():
    root = Path(__file__).parents[2]
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = [pattern for pattern in settings["package-data"]["istdbench"] if pattern.startswith("scaffold/")]
    # setuptools does not let "*" stand for a name with a dot in front
    packed = {
        path
        for pattern in patterns
        for path in (root / "istdbench").glob(pattern)
        if path.relative_to(root).as_posix().count("/.") == pattern.count("/.")
    }
    assert packed == {path for path in TEMPLATES.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("My-Method", "such as 'my_method'"),
        ("istdbench-spots", "such as 'spots'"),
        ("3rd", "such as 'rd'"),
        ("", "digits and underscores$"),
        ("../up", "such as 'up'"),
        ("class", "digits and underscores$"),
        ("a__b", "such as 'a_b'"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_with_the_nearest_that_can(name, fix, tmp_path):
    with pytest.raises(UsageError, match=f"cannot name a method; use lower-case letters, .*{fix}"):
        new_plugin(name, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_name_of_a_method_that_is_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"method 'tophat' is there already \(built-in\); choose another name"):
        new_plugin("tophat", tmp_path)


def test_a_folder_that_is_there_is_left_as_it_was(tmp_path):
    kept = tmp_path / "istdbench-mine" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(UsageError, match="istdbench-mine is there already; choose another name, or another folder"):
        new_plugin("mine", tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_package_that_cannot_be_finished_leaves_nothing(error, tmp_path, monkeypatch):
    fill, calls = module._fill, []

    def fill_once(*args):
        calls.append(args)
        if len(calls) > 1:
            raise error
        fill(*args)

    monkeypatch.setattr(module, "_fill", fill_once)
    with pytest.raises((IstdbenchError, KeyboardInterrupt)) as caught:
        new_plugin("mine", tmp_path)
    assert isinstance(error, KeyboardInterrupt) or "not written (No space left on device)" in str(caught.value)
    assert not list(tmp_path.iterdir())
