"""`istdbench check` and `istdbench new-plugin`."""

import json

import pytest
from broken_classical import BROKEN
from installed import install
from typer.testing import CliRunner

from istdbench.cli import app
from istdbench.registry import METHODS

NEGATIVE = """
from istdbench import hookimpl
from istdbench.methods.method import Classical
from istdbench.methods.thresholds import half_max

@hookimpl
def register_methods():
    darker = Classical(name="darker", summary="a test", paper="none", response=lambda image: -image,
                    threshold=half_max())
    return [darker]
"""


@pytest.fixture
def istdbench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(line, code=0):
        result = CliRunner().invoke(app, line.split(), env={"COLUMNS": "80"})
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.mark.parametrize("verb", ["check", "new-plugin"])
def test_both_verbs_have_help_with_an_example(istdbench, verb):
    assert f"istdbench {verb} " in istdbench(f"{verb} --help").stdout.replace("\n", " ")


def test_a_method_that_passes_gives_a_table_of_the_promises(istdbench):
    found = istdbench("check tophat")
    rows = [line.split() for line in found.stdout.splitlines()]
    assert ["scores_have_the_size_of_the_image", "pass"] in rows
    assert ["every_parameter_gets_a_gradient", "-"] in rows
    assert found.stderr == ""


def test_a_method_that_fails_gives_exit_code_1_and_its_sentence(istdbench, tmp_path, monkeypatch):
    (tmp_path / "my_darker.py").write_text(NEGATIVE)
    install(monkeypatch, tmp_path, "my-darker", "my_darker")
    sentence = "which makes a score below 0, outside [0, 1]; a response is never negative: return np.maximum"
    found = istdbench("check my-darker", code=1)
    line = next(line for line in found.stderr.splitlines() if sentence in line)
    assert line.startswith("error: darker, scores_lie_between_0_and_1: the response to an image with a target falls to")
    assert sentence in line


def test_json_holds_every_promise_with_its_verdict(istdbench, monkeypatch):
    monkeypatch.setitem(METHODS._found, "broken", ("mine 1.0 (mine)", BROKEN["raises"][0]))
    results = json.loads(istdbench("check broken --json", code=1).stdout)
    found = {result["check"]: result for result in results}
    assert found["every_option_is_described"] == {
        "of": "broken",
        "check": "every_option_is_described",
        "verdict": "pass",
        "why": "",
    }
    assert found["every_parameter_gets_a_gradient"]["verdict"] == "not applicable"
    assert found["scores_lie_between_0_and_1"]["verdict"] == "fail"
    assert "raised ValueError: cannot normalise" in found["scores_lie_between_0_and_1"]["why"]


def test_an_unknown_name_gives_exit_code_2(istdbench):
    assert "neither a method nor an installed package" in istdbench("check no_such", code=2).stderr


def test_new_plugin_says_where_the_package_is_and_what_comes_next(istdbench, tmp_path):
    found = istdbench("new-plugin my_method --kind classical --folder sub")
    assert found.stdout.splitlines() == [
        "sub/istdbench-my-method",
        'next: pip install -e "sub/istdbench-my-method[test]" && istdbench check istdbench-my-method',
    ]
    assert (tmp_path / "sub" / "istdbench-my-method" / "pyproject.toml").is_file()
    assert "is there already" in istdbench("new-plugin my_method --folder sub", code=2).stderr
