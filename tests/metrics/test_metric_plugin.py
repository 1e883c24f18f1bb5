"""The built-in metrics come in as a plugin, and the examples in the docstrings run."""

from __future__ import annotations

import doctest
import importlib

import pytest

from istdbench.metrics import REFERENCE

DOCUMENTED = ["counts", "functional", "reference", "regions", "spec", "stateful"]


def test_the_plugin_registers_the_reference_metrics():
    from istdbench.metrics.plugin import register_metrics

    assert register_metrics() == list(REFERENCE)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_examples_of_a_module_run(name):
    results = doctest.testmod(importlib.import_module(f"istdbench.metrics.{name}"))
    assert (results.failed, results.attempted > 0) == (0, True)
