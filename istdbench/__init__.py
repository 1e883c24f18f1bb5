"""The open benchmark for infrared small target detection: methods, data sets and metrics as plugins, one way to run.

import istdbench

outcomes = istdbench.run(["mim_istd", "baseline"], ["synth"])
detector = istdbench.load("mim_istd", weights="nuaa")
detections = detector.detect(image)
values = istdbench.evaluate(lambda name, image: detector(image), "nuaa")
values = istdbench.score("my_maps", "nuaa")

Public are the names here, `istdbench.ops` (the selective scan), `istdbench.metrics` (formulas, counts and torchmetrics
classes) and `istdbench.conformance` (the suite that every method passes). All other modules are private and may change
from one version to the next.

Each name is imported when it is first asked for, so that `import istdbench` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from istdbench import errors as errors

if TYPE_CHECKING:
    from istdbench.api import evaluate as evaluate
    from istdbench.api import predict as predict
    from istdbench.api import run as run
    from istdbench.api import score as score
    from istdbench.datasets.dataset import Dataset as Dataset
    from istdbench.datasets.dataset import DatasetEntry as DatasetEntry
    from istdbench.datasets.dataset import Sample as Sample
    from istdbench.detection.detections import Detection as Detection
    from istdbench.detection.detector import Detector as Detector
    from istdbench.detection.loading import load as load
    from istdbench.methods.method import Classical as Classical
    from istdbench.methods.method import Learned as Learned
    from istdbench.methods.method import Method as Method
    from istdbench.methods.method import Option as Option
    from istdbench.methods.outputs import Outputs as Outputs
    from istdbench.methods.thresholds import adaptive as adaptive
    from istdbench.methods.thresholds import half_max as half_max
    from istdbench.metrics.metric import Metric as Metric
    from istdbench.metrics.metric import Ratio as Ratio
    from istdbench.plugins import hookimpl as hookimpl
    from istdbench.probes.probe import Probe as Probe
    from istdbench.registry import DATASETS as DATASETS
    from istdbench.registry import METHODS as METHODS
    from istdbench.registry import METRICS as METRICS
    from istdbench.registry import PROBES as PROBES
    from istdbench.registry import REPORTERS as REPORTERS
    from istdbench.reports.reporter import Reporter as Reporter
    from istdbench.results.record import Record as Record
    from istdbench.runs.run import Outcome as Outcome
    from istdbench.spec import Spec as Spec

    __version__: str

_HOMES = {
    "api": ("evaluate", "predict", "run", "score"),
    "datasets.dataset": ("Dataset", "DatasetEntry", "Sample"),
    "detection.detections": ("Detection",),
    "detection.detector": ("Detector",),
    "detection.loading": ("load",),
    "methods.method": ("Classical", "Learned", "Method", "Option"),
    "methods.outputs": ("Outputs",),
    "methods.thresholds": ("adaptive", "half_max"),
    "metrics.metric": ("Metric", "Ratio"),
    "plugins": ("hookimpl",),
    "probes.probe": ("Probe",),
    "registry": ("DATASETS", "METHODS", "METRICS", "PROBES", "REPORTERS"),
    "reports.reporter": ("Reporter",),
    "results.record": ("Record",),
    "runs.run": ("Outcome",),
    "spec": ("Spec",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
__all__ = ["__version__", "errors", *_HOME_OF]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("istdbench")
    if name in _HOME_OF:
        return getattr(import_module(f"istdbench.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'istdbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
