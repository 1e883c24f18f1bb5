"""TorchScript: the file, and what PyTorch makes of it where istdbench is not installed."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable

import numpy as np
import torch

from istdbench.exporting.about import KEY, About
from istdbench.exporting.from_gray import FromGray
from istdbench.exporting.plain_scan import PLAIN
from istdbench.ops.choice import scanning_by

LIBRARIES = ()


def write(network: FromGray, about: About) -> bytes:
    """The file, for `torch.jit.load`: a trace that holds for every size. `About` as JSON is its extra file `istdbench`.

    The scan is PyTorch's own operators and a scripted loop, so that the file loads without istdbench, in C++ too.
    """
    file = io.BytesIO()
    with scanning_by(PLAIN), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that sizes are traced, which is meant, and that TorchScript is no more grown
        traced = torch.jit.trace(network, network.example, check_trace=False)
        torch.jit.save(traced, file, _extra_files={KEY: json.dumps(about.as_json())})
    return file.getvalue()


def runner(file: bytes) -> Callable[[np.ndarray], np.ndarray]:
    """The file in PyTorch: gray images (B, 1, H, W) to score maps, both float32."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TorchScript is no more grown
        loaded = torch.jit.load(io.BytesIO(file), map_location="cpu")
    return torch.no_grad()(lambda image: loaded(torch.from_numpy(image)).numpy())
