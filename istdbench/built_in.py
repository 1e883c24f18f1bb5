"""The built-in plugin: it registers what comes with the package, through the same hooks as anyone's.

What is named here stands in a module of that name, which describes it in a constant of that name in capitals. The
module is imported when it is asked for, and what a description computes with when it computes.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from istdbench.plugins import hookimpl

if TYPE_CHECKING:
    from istdbench.datasets.dataset import DatasetEntry
    from istdbench.methods.method import Method
    from istdbench.metrics.metric import Metric
    from istdbench.probes.probe import Probe
    from istdbench.reports.reporter import Reporter

MAMBA = ("mim_istd", "baseline", "conv_inner", "attention_inner", "vim", "localmamba", "eamnet", "lcmamnet")
CONVOLUTIONAL = (
    *("acm", "acm_basicirstd", "agpcnet", "alcnet", "alcnet_basicirstd", "deeppro", "dim2clear", "dnanet", "drpcanet"),
    *("dtum", "fc3net", "hdnet", "iaanet", "isnet", "istdu", "l2sknet", "l_rpcanet", "lw_irstnet", "mdvsfa", "msda"),
    *("mshnet", "rdian", "rkformer", "rpcanet", "rpcanet_pp", "sctransnet", "tci_former", "uiunet"),
)
PUBLISHED = ("nuaa", "irstd1k", "nudt", "sirst2", "istd_seq")
CLASSICAL = ("tophat", "mpcm", "lcm", "ipi", "nram", "pstnn", "mslstipt")
FAMILIES = {"mamba": MAMBA, "convolutional": CONVOLUTIONAL, "classical": CLASSICAL}
"""Names of methods by family, which is the folder of `methods/` that they stand in."""


def family_of(method: str) -> str | None:
    """The family of a method by its name; None of one that is not built in."""
    return next((family for family, names in FAMILIES.items() if method in names), None)


@hookimpl
def register_methods() -> list[Method]:
    """MiM-ISTD's family, convolutional networks, classical methods."""
    return [method for family, names in FAMILIES.items() for method in _described(f"methods.{family}", names)]


@hookimpl
def register_datasets() -> list[DatasetEntry]:
    """Published data sets, the synthetic set, and folders."""
    return _described("datasets", (*PUBLISHED, "synth", "folder"))


@hookimpl
def register_metrics() -> list[Metric]:
    """The metrics that every record has, and those of records whose images have some without a target."""
    from istdbench.metrics.alarms import ALARMS
    from istdbench.metrics.declared import REFERENCE

    return [*REFERENCE, *ALARMS]


@hookimpl
def register_probes() -> list[Probe]:
    """Costs of one image, in the order in which tables show them."""
    return _described("probes", ("parameters", "flops", "latency", "memory"))


@hookimpl
def register_reporters() -> list[Reporter]:
    """Writers of leaderboards."""
    return [
        *_described("reports", ("leaderboard", "efficiency", "sealed_page")),
        *_described("claims", ("ledger_page",)),
    ]


def _described(room: str, names: Iterable[str]) -> list[Any]:
    return [getattr(import_module(f"istdbench.{room}.{name}"), name.upper()) for name in names]
