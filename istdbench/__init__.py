"""The open benchmark for infrared small target detection: methods, data sets and metrics as plugins, one way to run.

import istdbench

outcomes = istdbench.run("mim_istd,baseline", "synth")
values = istdbench.score("my_maps", "nuaa")
values = istdbench.evaluate(lambda name, image: my_detector(image), "nuaa")
"""

from istdbench.api import evaluate, run, score
from istdbench.plugins import hookimpl
from istdbench.registry import DATASETS, METHODS, METRICS, PROBES, REPORTERS

__all__ = ["DATASETS", "METHODS", "METRICS", "PROBES", "REPORTERS", "evaluate", "hookimpl", "run", "score"]
