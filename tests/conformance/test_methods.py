"""Every built-in method keeps the contract, and each broken one fails the check that it should, with its sentence."""

import os

import broken_classical
import broken_networks
import pytest
import torch

from istdbench.conformance import ConformanceError, all_cases, cases
from istdbench.conformance.checks import CHECKS
from istdbench.errors import UsageError
from istdbench.registry import METHODS

CLASSICAL = [pytest.param(*row, id=name) for name, row in broken_classical.BROKEN.items()]
NETWORKS = [pytest.param(*row, id=name) for name, row in broken_networks.BROKEN.items()]
SEVERAL = {"raises", "no module", "nothing to train", "endless gradient", "axes of frames"}
"""Broken so that other checks cannot be done either."""

VARIANTS = (
    "acm:backbone=fpn,fusion=bottom_up",
    "acm:fusion=top_down,stem=full",
    "dnanet:backbone=r10",
    "localmamba:scans=h+w2_flip,attention=channel",
    "mim_istd:inner=all",
    "mim_istd:variant=head,token_layout=released",
    *("mim_istd:word=4", "mim_istd:word=1", "mim_istd:sentence=4", "mim_istd:sentence=16"),
)
"""Methods with options that give another network."""


def failures(method):
    return {result.check: result.why for case in all_cases(method) if (result := case.result()).verdict == "fail"}


@pytest.fixture(autouse=True)
def folder_that_stays_empty(tmp_path, monkeypatch):
    for name in ("working", "home"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "working")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield
    assert not list((tmp_path / "working").iterdir())


@pytest.mark.parametrize("case", cases("istdbench"), ids=str)
def test_every_built_in_method_keeps_the_contract(case):
    case.run()


@pytest.mark.parametrize(
    "case", [case for typed in VARIANTS for case in cases(typed) if case.check != "every_choice_works"], ids=str
)
def test_every_variant_keeps_the_contract_but_for_choices_beside_its_own(case):
    case.run()


def test_the_built_in_package_means_every_built_in_method():
    built_in = {name for name in METHODS.names() if METHODS.origin(name) == "built-in"}
    assert {case.of for case in cases("istdbench")} == built_in


def test_a_method_is_checked_with_the_options_it_is_typed_with():
    assert {case.of for case in cases("tophat:size=7")} == {"tophat:size=7"}
    typed = "ipi:patch=10,step=20"
    [size] = [case for case in cases(typed) if case.check == "scores_have_the_size_of_the_image"]
    with pytest.raises(ConformanceError, match="raised UsageError: patch=10,step=20: give a step of at most the patch"):
        size.run()


@pytest.mark.parametrize("sound", [broken_classical.method(), broken_networks.method(broken_networks.Sound)])
def test_what_the_broken_ones_are_made_from_fails_nothing(sound):
    assert failures(sound) == {}


@pytest.mark.parametrize(("method", "check", "sentence"), CLASSICAL + NETWORKS)
def test_a_broken_method_fails_with_a_sentence_that_says_what_to_do(method, check, sentence, request):
    found = failures(method)
    assert sentence in found[check]
    assert set(found) == {check} or request.node.callspec.id in SEVERAL


def test_there_is_a_broken_method_for_every_check():
    broken = [*broken_classical.BROKEN.values(), *broken_networks.BROKEN.values()]
    assert {check for _, check, _ in broken} == {check.name for check in CHECKS}


def test_whatever_a_method_changed_is_put_back_after_its_check(monkeypatch):
    def spoil(image):
        torch.set_default_dtype(torch.float64)
        os.environ["LEFT_BEHIND"] = "yes"
        raise ValueError

    failures(broken_classical.method(spoil))
    assert torch.get_default_dtype() == torch.float32
    assert "LEFT_BEHIND" not in os.environ


def test_what_is_neither_a_method_nor_a_package_gets_the_near_one():
    with pytest.raises(UsageError, match=r"'tophatt' is neither a method nor an installed package.*'tophat'\?"):
        cases("tophatt")


def test_an_unknown_option_is_refused_before_anything_is_checked():
    with pytest.raises(UsageError, match="no option 'sice'; did you mean 'size'"):
        cases("tophat:sice=3")
