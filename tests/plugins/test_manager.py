"""Plugins: strangers come in by entry points, and a broken one takes nothing down."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pluggy
import pytest
import torch

from istdbench.datasets.dataset import DatasetEntry
from istdbench.errors import UsageError
from istdbench.methods.method import Classical
from istdbench.methods.thresholds import half_max
from istdbench.metrics.metric import Metric
from istdbench.plugins import hookimpl, hookspecs, manager
from istdbench.plugins.manager import Plugins
from istdbench.probes.probe import Probe
from istdbench.registry import METHODS, Catalogue

METRIC = Metric(name="m", label="M", summary="s", higher_is_better=True, formula=len)
ODD_METHODS = {
    "a list for a name": (lambda: method(["a"]), "the name of Classical ['a'] is no text"),
    "no name": (lambda: method(None), "the name of Classical None is no text"),
    "an empty name": (lambda: method(""), "the name of Classical '' is no"),
    "a path for a name": (lambda: method("../../x"), "the name of Classical '../../x' is no"),
    "a name with an option": (lambda: method("a:b=1"), "the name of Classical 'a:b=1' is no"),
    "a name of tags": (lambda: method("<b>"), "the name of Classical '<b>' is no"),
    "another thing": (lambda: METRIC, "which is no istdbench.Method"),
    "its class": (lambda: Classical, "which is no istdbench.Method"),
    "nothing": (lambda: None, "returned None in its list, which is no istdbench.Method"),
    "no summary": (lambda: replace(method("a"), summary=None), "summary of 'a' is None, and str is needed"),
    "a text for options": (lambda: replace(method("a"), options=[]), "options of 'a' is [], and Mapping"),
}


def method(name) -> Classical:
    return Classical(name=name, summary="", paper="", response=np.abs, threshold=half_max())


def make_plugins(**modules) -> Plugins:
    found = Plugins(pluggy.PluginManager(hookspecs.GROUP))
    found.manager.add_hookspecs(hookspecs)
    for origin, module in modules.items():
        found.add(origin, module if callable(module) else lambda module=module: module)
    return found


def hook(function, name: str = "register_methods"):
    """A plugin of one hook."""
    return SimpleNamespace(**{name: hookimpl(specname=name)(function)})


def plugin(*names: str):
    return hook(lambda: [method(name) for name in names])


def methods_of(found: Plugins) -> Catalogue:
    return Catalogue("method", "register_methods", lambda: found)


def ends(error: BaseException):
    def end(*_):
        raise error

    return end


def fail():
    raise ImportError("no module named fancy_cuda_thing")


def test_a_plugin_s_entries_are_found_with_their_origin():
    catalogue = methods_of(make_plugins(here=plugin("a", "b"), there=plugin("c")))
    assert catalogue.names() == ["a", "b", "c"]
    assert catalogue.get("c").name == "c"
    assert (catalogue.origin("a"), catalogue.origin("c")) == ("here", "there")


def test_one_name_of_two_packages_is_neither_s_both_are_named_and_the_rest_works():
    found = make_plugins(here=plugin("a", "b"), there=plugin("a", "c"))
    catalogue = methods_of(found)
    assert catalogue.names() == ["b", "c"]
    with pytest.raises(UsageError, match="method 'a' is registered twice: by here and by there"):
        catalogue.get("a")
    assert [each.origin for each in found.broken] == ["here", "there"]


def test_a_built_in_s_name_stays_the_built_in_s(monkeypatch):
    found = load(monkeypatch, plugin("tophat", "mine"))
    catalogue = methods_of(found)
    assert (catalogue.origin("tophat"), catalogue.origin("mine")) == ("built-in", "my-package 3 (mine)")
    [broken] = found.broken
    assert "method 'tophat' is registered twice: by built-in and by my-package 3 (mine)" in broken.traceback


def test_a_plugin_that_cannot_be_imported_is_kept_with_its_traceback_and_the_rest_works():
    found = make_plugins(broken=fail, fine=plugin("a"))
    assert methods_of(found).names() == ["a"]
    assert [(b.origin, "fancy_cuda_thing" in b.traceback) for b in found.broken] == [("broken", True)]


@pytest.mark.parametrize("error", [SystemExit(0), SystemExit("bye"), GeneratorExit(), BaseException("odd")], ids=repr)
def test_what_would_end_the_program_at_import_or_in_a_hook_is_that_plugin_s_error(error):
    found = make_plugins(imports=ends(error), hooks=hook(ends(error)), fine=plugin("a"))
    assert methods_of(found).names() == ["a"]
    assert [each.origin for each in found.broken] == ["imports", "hooks"]
    said = f"called sys.exit({error.code!r})" if isinstance(error, SystemExit) else f"raised {type(error).__name__}"
    assert all(f"PluginError: {each.origin} {said}" in each.traceback for each in found.broken)


def test_ctrl_c_while_a_plugin_is_imported_is_no_fault_of_it():
    with pytest.raises(KeyboardInterrupt):
        make_plugins(slow=ends(KeyboardInterrupt()))


def raising_generator():
    yield method("b")
    raise ValueError("half way")


@pytest.mark.parametrize("bad", [lambda: [1 / 0], raising_generator, lambda: None, lambda: method("b")])
def test_a_hook_that_raises_or_gives_no_list_is_kept_with_its_traceback_and_the_rest_works(bad):
    found = make_plugins(bad=hook(bad), fine=plugin("a"))
    assert methods_of(found).names() == ["a"]
    assert [each.origin for each in found.broken] == ["bad"]
    assert "Error: " in found.broken[0].traceback


@pytest.mark.parametrize(("make", "says"), ODD_METHODS.values(), ids=ODD_METHODS)
def test_an_entry_that_is_none_is_left_out_and_the_rest_works(make, says):
    found = make_plugins(bad=hook(lambda: [make(), method("good")]), fine=plugin("fine"))
    assert methods_of(found).names() == ["good", "fine"]
    [broken] = found.broken
    assert broken.origin == "bad" and says in broken.traceback


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        ("metrics", METRIC),
        ("datasets", DatasetEntry("d", "", lambda spec: None)),
        ("probes", Probe("p", "", lambda *_: {})),
    ],
)
def test_entries_of_every_kind_are_checked(kind, entry):
    name = f"register_{kind}"
    found = make_plugins(good=hook(lambda: [entry], name), bad=hook(lambda: [method("a")], name))
    assert Catalogue(kind, name, lambda: found).all() == [entry]
    assert f"which is no istdbench.{type(entry).__name__}" in found.broken[0].traceback


@pytest.mark.parametrize("field", [{"scale": "x"}, {"label": None}, {"higher_is_better": "no"}, {"formula": 1}])
def test_a_metric_that_no_table_could_show_is_left_out(field):
    found = make_plugins(bad=hook(lambda: [replace(METRIC, **field)], "register_metrics"))
    assert Catalogue("metric", "register_metrics", lambda: found).names() == []
    assert f"{next(iter(field))} of 'm' is" in found.broken[0].traceback


def test_a_misspelt_hook_makes_a_plugin_broken():
    class Misspelt:
        @hookimpl
        def register_method(self):
            return []

    found = make_plugins(misspelt=Misspelt())
    assert "register_method" in found.broken[0].traceback


def test_what_a_plugin_prints_goes_to_standard_error_also_from_c(capfd):
    def prints():
        print("at import")
        os.system("echo from a program")
        return hook(lambda: print("in a hook") or [])

    print("before")
    methods_of(make_plugins(loud=prints)).names()
    print("after")
    sys.stdout.flush()
    out, err = capfd.readouterr()
    assert out == "before\nafter\n"
    assert all(said in err for said in ("at import", "from a program", "in a hook"))


def test_what_an_import_changes_is_put_back_with_a_warning_that_names_the_plugin(monkeypatch, tmp_path):
    monkeypatch.setenv("ISTDBENCH_HOME", "home")
    before = Path.cwd(), torch.get_default_dtype(), np.geterr()

    def changes():
        os.chdir(tmp_path)
        torch.set_default_dtype(torch.float64)
        np.seterr(all="raise")
        os.environ["ISTDBENCH_HOME"] = "elsewhere"
        return plugin("a")

    with pytest.warns(UserWarning, match=r"importing loud changed torch's default dtype \(torch.float32 became"):
        found = make_plugins(loud=changes)
    assert methods_of(found).names() == ["a"]
    assert (Path.cwd(), torch.get_default_dtype(), np.geterr()) == before
    assert os.environ["ISTDBENCH_HOME"] == "home"


def test_an_unknown_name_gets_the_near_one_and_the_list():
    with pytest.raises(UsageError, match=r"unknown method 'mim_itsd'; did you mean 'mim_istd'\? There are: mim_istd, "):
        METHODS.get("mim_itsd")


def test_an_unknown_name_where_a_plugin_is_broken_names_the_plugin_and_how_to_see_why():
    catalogue = methods_of(make_plugins(broken=fail, fine=plugin("a")))
    says = "unknown method 'mine'; .*plugins that could not be loaded: broken; `istdbench list methods` says why"
    with pytest.raises(UsageError, match=says):
        catalogue.get("mine")


def load(monkeypatch, module) -> Plugins:
    """The built-ins, and a module as the entry point of a package."""
    point = SimpleNamespace(
        name="mine", value="mine", dist=SimpleNamespace(name="my-package", version="3"), load=lambda: module
    )
    monkeypatch.setattr(manager, "entry_points", lambda group: [point])
    return manager.plugins.__wrapped__()


def test_entry_points_are_loaded_after_the_built_ins(monkeypatch):
    catalogue = methods_of(load(monkeypatch, plugin("mine")))
    assert catalogue.names()[0] == "mim_istd"
    assert catalogue.origin("mim_istd") == "built-in"
    assert catalogue.origin("mine") == "my-package 3 (mine)"


def test_list_tells_of_a_plugin_that_is_broken_in_another_hook_than_the_listed(monkeypatch, istdbench):
    found = load(monkeypatch, hook(lambda: [7], "register_reporters"))
    monkeypatch.setattr("istdbench.registry.plugins", lambda: found)
    for kind in ("METHODS", "DATASETS", "METRICS", "PROBES", "REPORTERS"):
        monkeypatch.setattr(
            f"istdbench.registry.{kind}", Catalogue(kind.lower(), f"register_{kind.lower()}", lambda: found)
        )
    listed = istdbench("list methods --json")
    assert "mim_istd" in {row["name"] for row in json.loads(listed.stdout)}
    assert "plugin my-package 3 (mine) is broken and was skipped" in listed.stderr
    assert "register_reporters() returned 7 in its list, which is no istdbench.Reporter" in listed.stderr
