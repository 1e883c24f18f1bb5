"""MiM-ISTD end to end on this CPU, one network with three scans: `python benchmarks/mim_istd.py`.

Ours; the usual pipeline of four copies (VMamba) around our scan; the same pipeline around mamba-ssm's reference
semantics. Inference takes one image of 512 x 512, a training step (forward, loss, backward, AdamW) eight crops of
256 x 256; the reference's training step takes one crop, and is scaled. All have the same weights, and their outputs are
checked to be equal. Then a profile that names what the time of ours is spent on. Quote the ratios, not the times.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

import torch
from pipelines import Scan, four_copies, mamba_reference, race
from tabulate import tabulate
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile

from istdbench.methods.mamba import mim_istd
from istdbench.ops import selective_scan, ss2d
from istdbench.training.losses import soft_iou

OURS, COPIES, REFERENCE = "ours", "four copies, our scan", "four copies, mamba-ssm reference"
SCANS = {OURS: ss2d, COPIES: four_copies(selective_scan), REFERENCE: four_copies(mamba_reference)}
DEPTHWISE = "depthwise convolution"
# the first that is part of an operator's name; the order decides
GROUPS = {
    "istdbench": "scan",
    "layer_norm": "LayerNorm",
    "batch_norm": "batch norm",
    "conv": "other convolutions",
    "mm": "projections",
    "upsample": "up-sampling of the logits",
    "silu": "activations",
    "gelu": "activations",
    "clamp_min": "activations",
    "threshold": "activations",
    "copy_": "copies",
    "cat": "copies",
    "adam": "AdamW",
}


@contextmanager
def scanning(scan: Scan) -> Iterator[None]:
    """Within, the network's 2-D core is `scan`."""
    with patch("istdbench.methods.mamba.mim.block.ss2d", scan):
        yield


def inference(network: nn.Module, side: int) -> Callable[[str], Tensor]:
    image = torch.randn(1, 3, side, side)

    def run(scan: str) -> Tensor:
        network.eval()
        with torch.inference_mode(), scanning(SCANS[scan]):
            return network(image)

    return run


def training(network: nn.Module, crops: int, side: int) -> Callable[[str], float]:
    """A training step that gives its loss. Its learning rate is 0, so that each step is the same."""
    images, masks = torch.randn(crops, 3, side, side), (torch.rand(crops, 1, side, side) > 0.99).float()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.0)

    def run(scan: str) -> float:
        network.train()
        torch.manual_seed(0)  # of the dropout
        with scanning(SCANS[scan]):
            loss = soft_iou(network(images), masks)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
        optimizer.step()
        return float(loss.detach())

    return run


def gradient(network: nn.Module) -> Tensor:
    return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])


def check_equal(network: nn.Module, names: list[str]) -> None:
    """The scans give the same logits, loss and gradient, on a small image."""
    look, step = inference(network, 64), training(network, 2, 32)
    logits = look(OURS)
    for name in names:
        torch.testing.assert_close(look(name), logits, rtol=1e-4, atol=1e-4)
    loss = step(OURS)
    expected = gradient(network)
    for name in names:
        assert abs(step(name) - loss) < 1e-5
        error = (gradient(network) - expected).norm() / expected.norm()
        assert error < 1e-3, f"{name}: gradients differ by {error:.1e}"


def compare(
    network: nn.Module, side: int, crops: int, crop_side: int, reference_training: bool, budget: float
) -> list[list[str]]:
    look, step = inference(network, side), training(network, crops, crop_side)
    times = race({name: lambda name=name: look(name) for name in SCANS}, budget=budget)
    rows = [["inference", *cells(times, "")]]
    times = race({name: lambda name=name: step(name) for name in (OURS, COPIES)}, budget=2 * budget)
    if reference_training:
        one = training(network, 1, crop_side)
        times[REFERENCE] = crops * race({REFERENCE: lambda: one(REFERENCE)})[REFERENCE]
    return [*rows, [f"training step on {crops}", *cells(times, f", {crops} times the step on one crop")]]


def cells(times: dict[str, float], scaled: str) -> list[str]:
    ours = times[OURS]
    row = [f"{ours * 1e3:.0f} ms", f"**{times[COPIES] / ours:.1f} x** ({times[COPIES] * 1e3:.0f} ms)"]
    if REFERENCE in times:
        row.append(f"**{times[REFERENCE] / ours:.0f} x** ({times[REFERENCE]:.1f} s{scaled})")
    return row


def shares(call: Callable[[], object]) -> dict[str, float]:
    """The share of each group of operators in the time of a call, the greatest first."""
    call()
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiler:
        call()
    groups: Counter[str] = Counter()
    for event in profiler.key_averages(group_by_input_shape=True):
        groups[group(event.key, event.input_shapes)] += event.self_cpu_time_total
    total = sum(groups.values())
    return {name: spent / total for name, spent in groups.most_common()}


def where_time_goes(network: nn.Module, side: int, crops: int, crop_side: int) -> dict[str, dict[str, float]]:
    """The shares of `shares`, of inference and of a training step."""
    look, step = inference(network, side), training(network, crops, crop_side)
    return {"inference": shares(lambda: look(OURS)), "training step": shares(lambda: step(OURS))}


def group(operator: str, shapes: list[list[int]]) -> str:
    if "conv" in operator and any(len(shape) == 4 and shape[1] == 1 and shape[2:] == [3, 3] for shape in shapes):
        return DEPTHWISE
    return next((name for part, name in GROUPS.items() if part in operator.lower()), "other")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--side", type=int, default=512, help="of the image for inference, in pixels")
    parser.add_argument("--crops", type=int, default=8, help="of a training step")
    parser.add_argument("--crop-side", type=int, default=256, help="in pixels")
    parser.add_argument("--skip-reference-training", action="store_true", help="it takes one to two minutes")
    parser.add_argument("--dry", action="store_true", help="one tiny shape, one repeat: a check that the script runs")
    options = parser.parse_args()
    budget = 4.0
    if options.dry:
        options.side, options.crops, options.crop_side, options.threads, budget = 32, 1, 32, 1, 0.0
        options.skip_reference_training = True
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    network = mim_istd.build()
    check_equal(network, [COPIES, REFERENCE])
    profiles = {} if options.dry else where_time_goes(network, options.side, options.crops, options.crop_side)
    rows = compare(network, options.side, options.crops, options.crop_side, not options.skip_reference_training, budget)
    print(f"\nMiM-ISTD with threads: {options.threads}; {options.side} pixels a side, crops {options.crop_side}\n")
    print(tabulate(rows, ["", OURS, COPIES, REFERENCE], tablefmt="github"))
    for what, parts in profiles.items():
        print(f"\nWhere the time of ours goes: {what}\n")
        print(tabulate([[name, f"{share:.1%}"] for name, share in parts.items()], ["", "share"], tablefmt="github"))


if __name__ == "__main__":
    main()
