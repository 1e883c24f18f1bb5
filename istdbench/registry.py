"""Registries of everything that is looked up by name, filled from the plugins on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from mmengine.registry import Registry

from istdbench.errors import UsageError
from istdbench.plugins.manager import Plugins, plugins
from istdbench.spec import near_miss

if TYPE_CHECKING:
    from istdbench.datasets.base import Dataset, DatasetEntry
    from istdbench.methods.spec import Method
    from istdbench.metrics.spec import MetricEntry
    from istdbench.probes.spec import Probe
    from istdbench.reports.spec import Reporter
    from istdbench.spec import Spec


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=_Named)


class Catalogue(Generic[Entry]):
    """One kind of entry by name, on an mmengine Registry. A second entry of one name is an error, a near miss a hint.

    mmengine registers callables, so each entry is kept behind a function that returns it.
    """

    def __init__(self, kind: str, hook: str, source: Callable[[], Plugins] = plugins) -> None:
        self.kind = kind
        self._hook = hook
        self._source = source
        self._origins: dict[str, str] = {}

    @cached_property
    def _registry(self) -> Registry:
        registry = Registry(f"istdbench {self.kind}", scope="istdbench", locations=[])
        for origin, entry in self._source().registered(self._hook):
            if entry.name in registry.module_dict:
                raise UsageError(
                    f"{self.kind} {entry.name!r} is registered twice: by {self._origins[entry.name]} and by {origin}; "
                    "uninstall one of the two packages or rename its entry"
                )
            registry.register_module(name=entry.name, module=lambda entry=entry: entry)
            self._origins[entry.name] = origin
        return registry

    def names(self) -> list[str]:
        """All names, in the order of registration."""
        return list(self._registry.module_dict)

    def get(self, name: str) -> Entry:
        """The entry of that name.

        Raises:
            UsageError: there is none; the message suggests the nearest name and lists all.
        """
        if name not in self._registry.module_dict:
            hint = near_miss(name, self.names())
            raise UsageError(f"unknown {self.kind} {name!r}; {hint}There are: {', '.join(self.names())}")
        return self._registry.module_dict[name]()

    def all(self) -> list[Entry]:
        """All entries, in the order of registration."""
        return [self.get(name) for name in self.names()]

    def origin(self, name: str) -> str:
        """ "built-in", or the package and version that registered the entry."""
        self.get(name)
        return self._origins[name]


METHODS: Catalogue[Method] = Catalogue("method", "register_methods")
DATASETS: Catalogue[DatasetEntry] = Catalogue("data set", "register_datasets")
METRICS: Catalogue[MetricEntry] = Catalogue("metric", "register_metrics")
PROBES: Catalogue[Probe] = Catalogue("probe", "register_probes")
REPORTERS: Catalogue[Reporter] = Catalogue("reporter", "register_reporters")


def build_dataset(spec: Spec) -> Dataset:
    """The data set that a typed name such as `synth:n=64` means.

    Raises:
        UsageError: no such data set, or an option it does not have.
    """
    return DATASETS.get(spec.name).build(spec)
