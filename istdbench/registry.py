"""Registries of everything that is looked up by name, filled from the plugins on first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from istdbench.errors import UsageError
from istdbench.plugins.manager import Plugins, plugins
from istdbench.spec import QUOTED_PATH, what_there_is

if TYPE_CHECKING:
    from istdbench.datasets.dataset import Dataset, DatasetEntry
    from istdbench.methods.method import Method
    from istdbench.metrics.metric import Metric
    from istdbench.probes.probe import Probe
    from istdbench.reports.reporter import Reporter
    from istdbench.spec import Spec


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=_Named)


class Catalogue(Generic[Entry]):
    """One kind of entry by name, in the order of registration. A second entry of one name is an error.

    `other` ends the message about an unknown name: what else a person may have meant.
    """

    def __init__(self, kind: str, hook: str, source: Callable[[], Plugins] = plugins, other: str = "") -> None:
        self.kind = kind
        self._hook = hook
        self._source = source
        self._other = other

    @cached_property
    def _found(self) -> dict[str, tuple[str, Entry]]:
        """Origin and entry by name."""
        found: dict[str, tuple[str, Entry]] = {}
        for origin, entry in self._source().registered(self._hook):
            if entry.name in found:
                raise UsageError(
                    f"{self.kind} {entry.name!r} is registered twice: by {found[entry.name][0]} and by {origin}; "
                    "uninstall one of the two packages or rename its entry"
                )
            found[entry.name] = origin, entry
        return found

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
        if name not in self._found:
            raise UsageError(f"unknown {self.kind} {name!r}; {what_there_is(name, self.names())}{self._other}")
        return self._found[name]


METHODS: Catalogue[Method] = Catalogue("method", "register_methods")
DATASETS: Catalogue[DatasetEntry] = Catalogue(
    "data set", "register_datasets", other=f"; a folder of your own is folder:PATH; {QUOTED_PATH}"
)
METRICS: Catalogue[Metric] = Catalogue("metric", "register_metrics")
PROBES: Catalogue[Probe] = Catalogue("probe", "register_probes")
REPORTERS: Catalogue[Reporter] = Catalogue("reporter", "register_reporters")


def build_dataset(spec: Spec) -> Dataset:
    """The data set that a typed name such as `synth:n=64` means.

    Raises:
        UsageError: no such data set, or an option it does not have.
    """
    return DATASETS.get(spec.name).build(spec)
