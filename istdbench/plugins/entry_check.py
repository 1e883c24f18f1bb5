"""What an entry of a plugin must be before anything looks at it: of its kind, well named, its fields as declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any

from istdbench.spec import check_name

KINDS = {
    "register_methods": ("istdbench.methods.method", "Method"),
    "register_datasets": ("istdbench.datasets.dataset", "DatasetEntry"),
    "register_metrics": ("istdbench.metrics.metric", "Metric"),
    "register_probes": ("istdbench.probes.probe", "Probe"),
    "register_reporters": ("istdbench.reports.reporter", "Reporter"),
}
"""Module and class of what each hook registers; known by their names, so that nothing is imported for a built-in."""
PLAIN: dict[str, tuple[type, ...]] = {"str": (str,), "bool": (bool,), "int": (int,), "float": (int, float)}
"""What a field that is declared as such may hold."""


def check_entry(hook: str, entry: Any) -> None:
    """Refuse what would fail later, where it would take others with it.

    Raises:
        TypeError: it is no entry of its hook, or a field holds what it is not declared as.
        UsageError: its name is none.
    """
    module, kind = KINDS[hook]
    if not isinstance(entry, getattr(import_module(module), kind)):
        raise TypeError(f"{hook}() returned {entry!r} in its list, which is no istdbench.{kind}")
    what = f"{hook}(): the name of {type(entry).__name__} {entry.name!r}"
    if not isinstance(entry.name, str):
        raise TypeError(f"{what} is no text")
    check_name(entry.name, what)
    for field in fields(entry):
        value, declared = getattr(entry, field.name), str(field.type)
        wanted = PLAIN.get(declared)
        odd = (
            (wanted is not None and not isinstance(value, wanted))
            or (declared.startswith("Callable") and not callable(value) and value is not None)
            or (declared.startswith("Mapping") and not isinstance(value, Mapping))
        )
        if odd:
            raise TypeError(f"{hook}(): {field.name} of {entry.name!r} is {value!r}, and {declared} is needed")
