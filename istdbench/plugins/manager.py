"""Finds plugins and asks them what they register. A broken one is kept with its traceback; the rest works."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from istdbench.plugins import hookspecs

BUILT_IN = ("istdbench.built_in",)


@dataclass(frozen=True)
class BrokenPlugin:
    """A plugin that could not be imported, or whose hook raised."""

    origin: str
    traceback: str


@dataclass(frozen=True)
class Plugins:
    """Every plugin that loaded, and those that did not.

    Attributes:
        manager: the pluggy manager; a plugin's name in it is the place it came from.
        broken: filled while loading and while hooks are called.
    """

    manager: pluggy.PluginManager
    broken: list[BrokenPlugin] = field(default_factory=list)

    def add(self, origin: str, load: Callable[[], Any]) -> None:
        """Load one plugin under the name `origin`; whatever its import raises, or a hook that does not exist, is kept,
        not raised."""
        try:
            self.manager.register(load(), name=origin)
            self.manager.check_pending()
        except Exception:  # a stranger's module may raise anything; it is reported by `istdbench list`
            self.broken.append(BrokenPlugin(origin, traceback.format_exc()))
            if self.manager.has_plugin(origin):
                self.manager.unregister(name=origin)

    def registered(self, hook: str) -> Iterator[tuple[str, Any]]:
        """(origin, entry) of everything that the plugins return from one hook, built-ins first."""
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            built_in = implementation.plugin_name in BUILT_IN
            try:
                entries = list(implementation.function())
                for entry in entries:
                    if not hasattr(entry, "name"):
                        raise TypeError(f"{hook}() returned {entry!r} in its list, which is no entry with a name")
            except Exception:  # as in `add`; what comes with the package is ours to mend, and nothing works without it
                if built_in:
                    raise
                self.broken.append(BrokenPlugin(implementation.plugin_name, traceback.format_exc()))
                continue
            for entry in entries:
                yield "built-in" if built_in else implementation.plugin_name, entry


def origin_of_point(point: EntryPoint) -> str:
    """The name that an entry point's plugin has here: its package with the version, and its own name."""
    package = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
    return f"{package} ({point.name})"


@cache
def plugins() -> Plugins:
    """All plugins of this environment, loaded once."""
    found = Plugins(pluggy.PluginManager(hookspecs.GROUP))
    found.manager.add_hookspecs(hookspecs)
    for module in BUILT_IN:
        found.manager.register(importlib.import_module(module), name=module)
    for point in sorted(entry_points(group=hookspecs.GROUP), key=lambda point: (point.value, point.name)):
        found.add(origin_of_point(point), point.load)
    return found
