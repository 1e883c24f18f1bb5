"""Registries of everything that is looked up by name, filled from the plugins on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from istdbench.errors import IstdbenchError, PluginError, UsageError
from istdbench.plugins.guard import calling, told
from istdbench.plugins.manager import BrokenPlugin, Plugins, plugins
from istdbench.plugins.state import undisturbed
from istdbench.spec import QUOTED_PATH, Spec, check_options, what_there_is

BUILT_IN = "built-in"
"""The origin of what comes with the package."""

if TYPE_CHECKING:
    from istdbench.datasets.dataset import Dataset, DatasetEntry
    from istdbench.methods.method import Method
    from istdbench.metrics.metric import Metric
    from istdbench.probes.probe import Probe
    from istdbench.reports.reporter import Reporter


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=_Named)


class Catalogue(Generic[Entry]):
    """One kind of entry by name, in the order of registration.

    A built-in's name stays the built-in's. Of two plugins' entries of one name neither is taken, since which of them a
    number came from could not be told. Both plugins are listed as broken then, and everything else works.
    `other` ends the message about an unknown name: what else a person may have meant.
    """

    def __init__(self, kind: str, hook: str, source: Callable[[], Plugins] = plugins, other: str = "") -> None:
        self.kind = kind
        self._hook = hook
        self._source = source
        self._other = other
        self._twice: dict[str, str] = {}

    @cached_property
    def _found(self) -> dict[str, tuple[str, Entry]]:
        """Origin and entry by name."""
        by_name: dict[str, list[tuple[str, Entry]]] = {}
        for origin, entry in self._source().registered(self._hook):
            by_name.setdefault(entry.name, []).append((origin, entry))
        found = {}
        for name, (first, *others) in by_name.items():
            if others:
                self._refuse(name, [origin for origin, _ in (first, *others)])
            if not others or first[0] == BUILT_IN:
                found[name] = first
        return found

    def _refuse(self, name: str, origins: list[str]) -> None:
        """Count the plugins that use a name twice among the broken ones, and keep the sentence for who looks it up."""
        self._twice[name] = (
            f"{self.kind} {name!r} is registered twice: by {' and by '.join(origins)}; "
            "uninstall one of the two packages or rename its entry"
        )
        for origin in dict.fromkeys(origins):
            if origin != BUILT_IN:
                self._source().refuse(origin, self._twice[name])

    def names(self) -> list[str]:
        """All names."""
        return list(self._found)

    def all(self) -> list[Entry]:
        """All entries."""
        return [entry for _, entry in self._found.values()]

    def get(self, name: str) -> Entry:
        """The entry of that name.

        Raises:
            UsageError: there is none; the message suggests the nearest name and lists all.
        """
        return self._look_up(name)[1]

    def origin(self, name: str) -> str:
        """ "built-in", or the package and version that registered the entry.

        Raises:
            UsageError: as `get`.
        """
        return self._look_up(name)[0]

    def _look_up(self, name: str) -> tuple[str, Entry]:
        if name in self._found:
            return self._found[name]
        if name in self._twice:
            raise UsageError(self._twice[name])
        raise UsageError(
            f"unknown {self.kind} {name!r}; {what_there_is(name, self.names())}{self._other}{self._not_loaded()}"
        )

    def _not_loaded(self) -> str:
        """The plugins in which the name may be, as the end of a sentence; "" where all were loaded."""
        broken = ", ".join(dict.fromkeys(plugin.origin for plugin in self._source().broken))
        return f"; plugins that could not be loaded: {broken}; `istdbench list methods` says why" if broken else ""


METHODS: Catalogue[Method] = Catalogue("method", "register_methods")
DATASETS: Catalogue[DatasetEntry] = Catalogue(
    "data set", "register_datasets", other=f"; a folder of your own is folder:PATH; {QUOTED_PATH}"
)
METRICS: Catalogue[Metric] = Catalogue("metric", "register_metrics")
PROBES: Catalogue[Probe] = Catalogue("probe", "register_probes")
REPORTERS: Catalogue[Reporter] = Catalogue("reporter", "register_reporters")


def broken_plugins() -> list[BrokenPlugin]:
    """Every plugin that something is wrong with, once each of its hooks was called."""
    if plugins().has_strangers:
        for catalogue in (METHODS, DATASETS, METRICS, PROBES, REPORTERS):
            catalogue.names()
    return plugins().broken


def joined(dataset: str) -> list[str]:
    """The registered names that a data set's name joins by `+`; the name itself where it is registered, or joins none.

    >>> joined("nuaa+nudt"), joined("nuaa")
    (['nuaa', 'nudt'], ['nuaa'])
    """
    return [dataset] if dataset in DATASETS.names() else dataset.split("+")


def dataset_entries(dataset: str) -> list[DatasetEntry]:
    """What a data set's name, or each name that it joins by `+`, is registered as.

    Raises:
        UsageError: there is no such data set.
    """
    return [DATASETS.get(name) for name in joined(dataset)]


def strangers_of(method: str, dataset: str) -> str:
    """Of a method and a data set the ones that are not built in, "method my_net of my-package 1.0"; "" of none."""
    of: list[tuple[Catalogue[Any], str]] = [(METHODS, method), *((DATASETS, name) for name in joined(dataset))]
    return " or ".join(
        f"{catalogue.kind} {name} of {catalogue.origin(name)}"
        for catalogue, name in of
        if name in catalogue.names() and catalogue.origin(name) != BUILT_IN
    )


def build_dataset(spec: Spec) -> Dataset:
    """The data set that a typed name such as `synth:n=64` means, or the union that `nuaa+nudt` means.

    Raises:
        UsageError: no such data set, an option it does not have, or an option of a union.
        PluginError: its code, which is no part of the package, failed.
    """
    names = joined(spec.name)
    if len(names) > 1:
        from istdbench.datasets.union import Union

        check_options(f"data set {spec.name!r}", [*spec.options, *filter(None, [spec.argument])], ())
        return Union([build_dataset(Spec(name)) for name in names])
    entry, origin = DATASETS.get(spec.name), DATASETS.origin(spec.name)
    if origin == BUILT_IN:
        return entry.build(spec)
    who = f"data set {spec} of {origin}"
    try:
        with undisturbed(who), calling(who):
            return entry.build(spec)
    except IstdbenchError:
        raise
    except Exception as error:  # a stranger's code may raise anything
        raise PluginError(f"{who} could not be built: {told(error)}") from error
