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
from istdbench.plugins.end_watch import watch_end
from istdbench.plugins.entry_check import check_entry
from istdbench.plugins.guard import calling, told
from istdbench.plugins.state import undisturbed

BUILT_IN = ("istdbench.built_in",)


@dataclass(frozen=True)
class BrokenPlugin:
    """A plugin that could not be imported, whose hook raised, or one of whose entries is none.

    Attributes:
        traceback: of what was raised; a sentence alone where the plugin's own code raised nothing.
    """

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

    @property
    def has_strangers(self) -> bool:
        """Whether any plugin that loaded did not come with the package."""
        return any(name not in BUILT_IN for name, _ in self.manager.list_name_plugin())

    def add(self, origin: str, load: Callable[[], Any]) -> None:
        """Load one plugin under the name `origin`; whatever its import raises, or a hook that does not exist, is kept,
        not raised."""
        try:
            with undisturbed(f"importing {origin}", importing=True), calling(origin):
                module = load()
            self.manager.register(module, name=origin)
            self.manager.check_pending()
        except Exception:  # a stranger's module may raise anything; it is reported by `istdbench list`
            self.broken.append(BrokenPlugin(origin, traceback.format_exc()))
            if self.manager.has_plugin(origin):
                self.manager.unregister(name=origin)

    def registered(self, hook: str) -> Iterator[tuple[str, Any]]:
        """(origin, entry) of everything that the plugins return from one hook, built-ins first."""
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            origin = implementation.plugin_name
            if origin in BUILT_IN:  # ours to mend: nothing works without it
                yield from (("built-in", entry) for entry in implementation.function())
                continue
            try:
                with undisturbed(f"{hook}() of {origin}", importing=True), calling(origin):
                    entries = list(implementation.function())
            except Exception:  # as in `add`
                self.broken.append(BrokenPlugin(origin, traceback.format_exc()))
                continue
            yield from ((origin, entry) for entry in entries if self._is_sound(origin, hook, entry))

    def refuse(self, origin: str, why: str) -> None:
        """Count a plugin among the broken ones, for what its own code did not raise."""
        self.broken.append(BrokenPlugin(origin, why))

    def _is_sound(self, origin: str, hook: str, entry: Any) -> bool:
        try:
            with calling(origin):
                check_entry(hook, entry)
        except Exception as error:  # a stranger's object may raise anything when it is looked at
            self.refuse(origin, told(error))
            return False
        return True


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
    points = sorted(entry_points(group=hookspecs.GROUP), key=lambda point: (point.value, point.name))
    if points:
        watch_end([origin_of_point(point) for point in points])
    for point in points:
        found.add(origin_of_point(point), point.load)
    return found
