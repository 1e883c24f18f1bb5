"""From a method and its weights to a file for use elsewhere, which is run and compared before it is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from istdbench.errors import IstdbenchError, UsageError
from istdbench.exporting.about import About
from istdbench.exporting.from_gray import FromGray
from istdbench.files import atomic_write, sha256_file
from istdbench.importing.released_weights import meant_weights
from istdbench.jobs.preprocessing import preprocessing
from istdbench.jobs.weights import filled_network, shipped_for
from istdbench.methods.method import Learned
from istdbench.registry import METHODS
from istdbench.released.releases import released_for
from istdbench.spec import Spec

FORMATS = ("onnx", "torchscript")
LARGEST_DIFFERENCE = 1e-4
SIZES = ((1, 72, 120), (2, 96, 64))
"""Batch, height and width of the images that a file is compared on; neither is what was traced."""


@dataclass(frozen=True)
class Exported:
    """A file that was written, the largest difference of its scores from the network's, and what it says of itself."""

    path: Path
    difference: float
    about: About


def export(
    method: Spec, weights: str | None, path: Path, form: str, *, protocol: str | None = None, seed: int = 0
) -> Exported:
    """Write a network with its weights as one file that needs nothing of istdbench.

    Args:
        weights: a file, the data set that they were trained on, or those that were released.
        form: one of `FORMATS`.
        protocol, seed: of the training, where `weights` is a data set.

    Raises:
        UsageError: an unknown format or method, a classical method, no weights named, or a library that is missing.
        WeightsError: there are no such weights, or they do not belong to the method.
        IstdbenchError: the file computes something else than the network; nothing is written.
    """
    library = _format(form)
    network, about = opened(method, weights, protocol=protocol, seed=seed)
    content, difference = compared(library, network, about, path, method)
    atomic_write(path, content)
    return Exported(path, difference, about)


def compared(library: ModuleType, network: FromGray, about: About, path: Path, method: Spec) -> tuple[bytes, float]:
    """A network as the content of a file, and the largest difference of its scores from the network's.

    Raises:
        IstdbenchError: it cannot be written or run, or computes something else.
    """
    try:
        content: bytes = library.write(network, about)
        difference = largest_difference(network, library.runner(content))
    except IstdbenchError:
        raise
    except Exception as error:  # exporters and runtimes raise anything
        cause = " ".join(str(error).split())[:200]
        raise IstdbenchError(
            f"{path}: not written; {method} cannot be exported in this format ({type(error).__name__}: {cause}); what "
            "a network computes must be the same for every image, and not follow from what it finds in it"
        ) from error
    if not difference <= LARGEST_DIFFERENCE:
        raise IstdbenchError(
            f"{path}: not written; its scores differ from those of {method} by {difference:.1e}, more than "
            f"{LARGEST_DIFFERENCE:g}; --format torchscript sums as PyTorch does, for networks that choose between "
            "numbers that are all but equal; else please report it, with the versions of torch and onnxruntime"
        )
    return content, difference


def opened(method: Spec, weights: str | None, *, protocol: str | None = None, seed: int = 0) -> tuple[FromGray, About]:
    """What is exported: a network with its weights and all that its images go through, and what a file says of it.

    Raises:
        UsageError, WeightsError: as `export`.
    """
    found = METHODS.get(method.name)
    if not isinstance(found, Learned):
        raise UsageError(f"method {found.name!r} has no network to export; it is classical")
    if weights is None:
        known = ", ".join((*shipped_for(method), *released_for(found.shortest(method)))) or "none"
        raise UsageError(f"{method}: give --weights, a file or what there is: {known}")
    file = meant_weights(weights, method, protocol, seed)
    options = found.resolve(method.options)
    network, header = filled_network(found, options, file)
    seen, threshold = preprocessing(header, file)
    origin = header.for_record()
    about = About(found.name, options, seen, threshold, sha256_file(file), origin, version("istdbench"), found.frames)
    return FromGray(network, seen, found.frames).eval(), about


@torch.no_grad()
def largest_difference(network: FromGray, run: Callable[[np.ndarray], np.ndarray]) -> float:
    """Of scores, over `scenes` of `SIZES`; NaN where either gives it."""
    random = np.random.default_rng(0)
    found = []
    for size in SIZES:
        image = scenes(size, float(network.mean.mean()), float(network.sd.mean()), random, network.frames)
        found.append(np.abs(run(image) - network(torch.from_numpy(image)).numpy()).max())
    return float(np.max(found))


def scenes(
    size: tuple[int, int, int], mean: float, sd: float, random: np.random.Generator, frames: int = 1
) -> np.ndarray:
    """Gray images with targets, (B, frames, H, W) in 0..255, where a trained network's scores go from 0 to 1.

    On noise alone it finds nothing, and a file that always gave 0 would pass.

    Args:
        size: B, H, W.
        mean, sd: of the network's z-score, in grey levels: a slope of that range, and spots of 2 to 6 sd upon it.
    """
    batch, height, width = size
    rows, columns = np.mgrid[:height, :width]
    image = rows / height + columns / width - 1 + 0.1 * random.standard_normal((batch, frames, height, width))
    for peak in (2, 3, 4, 6):
        y, x = random.uniform(0.1, 0.9, (2, batch, 1, 1, 1))
        image = image + peak * np.exp(-((rows - y * height) ** 2 + (columns - x * width) ** 2) / 4)
    return np.clip(mean + sd * image, 0, 255).astype(np.float32)


def _format(name: str) -> ModuleType:
    """The module that writes a format.

    Raises:
        UsageError: there is none of that name, or a library that it needs is missing.
    """
    if name not in FORMATS:
        raise UsageError(f"--format {name!r} is not one of {', '.join(FORMATS)}")
    module = import_module(f"istdbench.exporting.{name}")
    missing = [library for library in module.LIBRARIES if find_spec(library) is None]
    if missing:
        raise UsageError(
            f"--format {name} needs {' and '.join(missing)}; install it with: pip install 'istdbench[export]'"
        )
    return module
