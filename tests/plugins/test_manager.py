"""Plugins: strangers come in by entry points, and a broken one takes nothing down."""

from types import SimpleNamespace

import pluggy
import pytest

from istdbench.errors import UsageError
from istdbench.plugins import hookimpl, hookspecs, manager
from istdbench.plugins.manager import Plugins
from istdbench.registry import METHODS, Catalogue


def make_plugins(**modules) -> Plugins:
    found = Plugins(pluggy.PluginManager(hookspecs.GROUP))
    found.manager.add_hookspecs(hookspecs)
    for origin, module in modules.items():
        found.add(origin, module if callable(module) else lambda module=module: module)
    return found


def plugin(*names: str):
    @hookimpl
    def register_methods():
        return [SimpleNamespace(name=name) for name in names]

    return SimpleNamespace(register_methods=register_methods)


def fail():
    raise ImportError("no module named fancy_cuda_thing")


def test_a_plugin_s_entries_are_found_with_their_origin():
    catalogue = Catalogue("method", "register_methods", lambda: make_plugins(here=plugin("a", "b"), there=plugin("c")))
    assert catalogue.names() == ["a", "b", "c"]
    assert catalogue.get("c").name == "c"
    assert (catalogue.origin("a"), catalogue.origin("c")) == ("here", "there")


def test_one_name_twice_names_both_packages():
    catalogue = Catalogue("method", "register_methods", lambda: make_plugins(here=plugin("a"), there=plugin("a")))
    with pytest.raises(UsageError, match="method 'a' is registered twice: by here and by there"):
        catalogue.names()


def test_a_plugin_that_cannot_be_imported_is_kept_with_its_traceback_and_the_rest_works():
    found = make_plugins(broken=fail, fine=plugin("a"))
    assert Catalogue("method", "register_methods", lambda: found).names() == ["a"]
    assert [(b.origin, "fancy_cuda_thing" in b.traceback) for b in found.broken] == [("broken", True)]


def test_a_hook_that_raises_is_kept_with_its_traceback_and_the_rest_works():
    class Bad:
        @hookimpl
        def register_methods(self):
            return [1 / 0]

    found = make_plugins(bad=Bad(), fine=plugin("a"))
    assert Catalogue("method", "register_methods", lambda: found).names() == ["a"]
    assert "ZeroDivisionError" in found.broken[0].traceback


def test_a_misspelt_hook_makes_a_plugin_broken():
    class Misspelt:
        @hookimpl
        def register_method(self):
            return []

    found = make_plugins(misspelt=Misspelt())
    assert "register_method" in found.broken[0].traceback


def test_an_unknown_name_gets_the_near_one_and_the_list():
    with pytest.raises(UsageError, match=r"unknown method 'mim_itsd'; did you mean 'mim_istd'\? There are: mim_istd, "):
        METHODS.get("mim_itsd")


def test_entry_points_are_loaded_after_the_built_ins(monkeypatch):
    point = SimpleNamespace(
        name="mine", value="mine", dist=SimpleNamespace(name="my-package", version="3"), load=lambda: plugin("mine")
    )
    monkeypatch.setattr(manager, "entry_points", lambda group: [point])
    catalogue = Catalogue("method", "register_methods", manager.plugins.__wrapped__)
    assert catalogue.names()[0] == "mim_istd"
    assert catalogue.origin("mim_istd") == "built-in"
    assert catalogue.origin("mine") == "my-package 3 (mine)"
