"""A package: its import is checked, then each of its methods; what cannot be loaded gives one sentence."""

import pytest
import torch
from installed import install

from istdbench.conformance import all_cases
from istdbench.errors import UsageError

TWO_METHODS = """
import numpy as np
from istdbench import hookimpl
from istdbench.methods.method import Classical
from istdbench.methods.thresholds import half_max

def make(name):
    return Classical(name=name, summary="a test", paper="none", response=np.abs, threshold=half_max())

@hookimpl
def register_methods():
    return [make("one"), make("other")]
"""
BROKEN = {
    "an import error": ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library' (", ":1)"),
    "a syntax error": ("x = 1\ny = (\n", "SyntaxError: '(' was never closed (", ":2)"),
    "a hook that raises": (TWO_METHODS.replace('[make("one")', '[make("one") / 0'), "TypeError: unsupported", ":12)"),
    "no list": (TWO_METHODS.replace('[make("one"), make("other")]', 'make("one")'), "'Classical' object is not", ""),
    "no method": (TWO_METHODS.replace('make("one"), ', "make, "), "register_methods() returned <function make", ""),
    "a method without its parts": (
        TWO_METHODS.replace(", response=np.abs", ""),
        "TypeError: Classical.__init__() missing 1 required keyword-only argument: 'response'",
        ":8)",
    ),
    "a misspelt hook": (TWO_METHODS.replace("register_methods", "register_method"), "unknown hook 'register_metho", ""),
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Installs a package `my-spots` of one module with the given text."""

    def make(text):
        (tmp_path / "my_spots.py").write_text(text)
        install(monkeypatch, tmp_path, "my-spots", "my_spots")

    return make


def run(package):
    return {(result.of, result.check): result for case in all_cases(package) for result in [case.result()]}


def test_each_method_of_a_package_is_checked_and_its_import(write):
    write(TWO_METHODS)
    found = run("my-spots")
    assert {check for of, check in found if of == "my-spots"} == {
        "the_plugin_loads",
        "importing_changes_no_global_state",
    }
    assert {of for of, _ in found} == {"my-spots", "one", "other"}
    assert [result.why for result in found.values() if result.verdict == "fail"] == []


def test_a_package_is_found_however_its_name_is_spelt(write):
    write(TWO_METHODS)
    assert {case.of for case in all_cases("My_Spots")} == {"My_Spots", "one", "other"}


@pytest.mark.parametrize(("text", "sentence", "place"), BROKEN.values(), ids=BROKEN)
def test_a_package_that_cannot_be_loaded_gets_a_sentence(write, text, sentence, place):
    write(text)
    [loads, *_] = all_cases("my-spots")
    result = loads.result()
    assert (result.check, result.verdict) == ("the_plugin_loads", "fail")
    assert result.why.startswith("my-spots 1.0 (mine) could not be loaded: ")
    assert sentence in result.why
    assert f"my_spots.py{place}" in result.why or not place
    assert result.why.endswith("; mend it, the whole traceback is in `istdbench list methods`")


def test_an_import_that_changes_global_state_is_named(write, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)  # the package is imported into this process too
    write(TWO_METHODS + "import torch\ntorch.backends.cudnn.benchmark = True\nprint('hello')\n")
    [imports] = [case for case in all_cases("my-spots") if case.check == "importing_changes_no_global_state"]
    why = imports.result().why
    assert why == (
        "importing my_spots changed torch.backends.cudnn.benchmark (False became True); leave it to the one who runs"
    )


def test_a_package_without_methods_is_refused(write):
    write("")
    with pytest.raises(UsageError, match="my-spots registers no method, and only methods are checked"):
        all_cases("my-spots")


ENDS_IN_A_FRESH_PROCESS = "import os, sys\nif 'fresh_import' in sys.argv[0]: os._exit(0)"


@pytest.mark.parametrize("end", ["raise SystemExit(0)", ENDS_IN_A_FRESH_PROCESS])
def test_an_import_that_ends_the_program_fails_its_check(write, end):
    write(f"{TWO_METHODS}{end}\n")
    assert run("my-spots")["my-spots", "importing_changes_no_global_state"].verdict == "fail"


def test_a_method_that_ends_the_program_fails_its_checks_and_the_other_is_checked(write):
    write(TWO_METHODS.replace("response=np.abs", "response=np.abs if name == 'one' else lambda image: exit(0)"))
    found = run("my-spots").values()
    assert {result.verdict for result in found if result.of == "one"} <= {"pass", "not applicable"}
    assert any("raised SystemExit: 0" in result.why for result in found if result.of == "other")
