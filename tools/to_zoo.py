"""Copy the weights trained on this machine into the package's zoo, in half precision.

python tools/to_zoo.py synth nuaa
"""

from __future__ import annotations

import sys

import torch

from istdbench.engine.job import make_job
from istdbench.engine.weights import load_weights, save_weights, trained_path, zoo_path
from istdbench.spec import parse_spec

METHODS = ("mim_istd", "baseline", "conv_inner")


def main(datasets: list[str]) -> None:
    for dataset in datasets:
        for method in METHODS:
            job = make_job(parse_spec(method), parse_spec(dataset), protocol=None)
            if not trained_path(job).is_file():
                print(f"{job}: not trained here, skipped")
                continue
            state, header = load_weights(trained_path(job))
            half = {key: tensor.half() if tensor.dtype == torch.float32 else tensor for key, tensor in state.items()}
            save_weights(zoo_path(job), half, header)
            print(zoo_path(job))


main(sys.argv[1:])
