"""A package written before `Learned` and `Classical` still works: `old_package.py` is one, letter by letter."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import numpy as np
import pluggy
import pytest
from torch import nn

import istdbench
from istdbench.conformance import cases
from istdbench.methods import spec
from istdbench.methods.method import Classical, Learned
from istdbench.plugins import hookspecs
from istdbench.plugins.manager import Plugins
from istdbench.registry import Catalogue


@pytest.fixture(scope="module")
def old_package() -> ModuleType:
    sys.modules.pop("old_package", None)
    with pytest.warns(FutureWarning) as caught:
        module = importlib.import_module("old_package")
    [warning] = caught
    assert str(warning.message) == (
        "method 'blobness': Method(kind='classical', ...) is written Classical(...) now, without `kind`; import it by "
        "`from istdbench import Classical`"
    )
    assert warning.filename == module.__file__
    return module


def test_it_registers_its_method(old_package):
    found = Plugins(pluggy.PluginManager(hookspecs.GROUP))
    found.manager.add_hookspecs(hookspecs)
    found.add("old-package", lambda: old_package)
    assert found.broken == []
    method = Catalogue("method", "register_methods", lambda: found).get("blobness")
    assert isinstance(method, Classical)
    assert method.resolve({"sigma": 2.0}) == {"sigma": 2.0, "threshold": "adaptive(k=0.5)"}


def test_its_method_keeps_the_contract(old_package):
    for case in cases(old_package.BLOBNESS):
        case.run()


def test_a_learned_method_written_the_old_way_is_one():
    with pytest.warns(FutureWarning, match=r"is written Learned\(\.\.\.\) now"):
        fields = {"name": "old", "summary": "", "paper": "", "threshold": None}
        method: spec.Method | None = spec.Method(kind="learned", build=nn.Identity, in_channels=3, **fields)
    assert isinstance(method, Learned)
    assert (method.build, method.in_channels, method.frames) == (nn.Identity, 3, 1)


def test_the_heads_of_a_network_are_where_old_packages_import_them():
    assert importlib.import_module("istdbench.methods.outputs").Outputs is istdbench.Outputs


def test_a_method_of_no_kind_there_is_says_which_there_are():
    with pytest.raises(TypeError, match="kind='classic' is neither 'learned' nor 'classical'"):
        spec.Method(name="old", kind="classic", summary="", paper="", response=np.abs)
