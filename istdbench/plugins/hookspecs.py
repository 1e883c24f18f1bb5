"""The contract of a plugin: it implements any of these five hooks and names its module in the entry-point group
`istdbench`.

What it registers has a name by `istdbench.spec.check_name` that nothing else of the kind has. Its code ends no program,
prints nothing into an answer and leaves global state as it found it; see `istdbench.plugins.guard` and, for the list,
`istdbench.plugins.global_state`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from istdbench.datasets.dataset import DatasetEntry
    from istdbench.methods.method import Method
    from istdbench.metrics.metric import Metric
    from istdbench.probes.probe import Probe
    from istdbench.reports.reporter import Reporter

GROUP = "istdbench"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def register_methods() -> list[Method]:  # type: ignore[empty-body]
    """Detection methods, learned or classical."""


@hookspec
def register_datasets() -> list[DatasetEntry]:  # type: ignore[empty-body]
    """Data sets."""


@hookspec
def register_metrics() -> list[Metric]:  # type: ignore[empty-body]
    """Metrics, each computed from the per-image counts."""


@hookspec
def register_probes() -> list[Probe]:  # type: ignore[empty-body]
    """Efficiency probes of one method at one image size."""


@hookspec
def register_reporters() -> list[Reporter]:  # type: ignore[empty-body]
    """Writers of files from records."""
