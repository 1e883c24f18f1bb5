"""Every scan backend that runs on a GPU, side by side, in one command: `python benchmarks/gpu.py --out gpu.md`.

- The scan alone, delta given by channel, so that all do the same work: mamba-ssm's kernel in its own layouts beside
  istdbench's backends in theirs.
- The whole 2-D core with its projections: `ss2d` beside the usual pipeline of four copies (VMamba) around mamba-ssm's
  kernel (around our scan where mamba-ssm is not installed; `python benchmarks/build_mamba_ssm.py` builds it).
- How far each core is from the floors of this GPU: bytes over the bandwidth of a large copy, exponentials over the
  rate of a kernel that takes nothing else.
- Latency and peak memory of the network mim_istd by side of the image.

The forward pass is timed launch by launch and as one CUDA graph, which shows what launches cost. All of a row take
turns, after a warm-up: quote the ratios, not the times. Matrix products are as precise as PyTorch's defaults.
`--dry` runs the same code on one tiny shape, with the CPU's backends where there is no CUDA: a check that it runs.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from device_floors import Device, floor, measure
from device_timing import Call, Measured, graphed, race
from mim_istd import scanning
from pipelines import four_copies
from scan import ORDERS, PASSES, REFERENCE, SHAPES, STATES, TINY, Shape, core_case, scan_case
from tabulate import tabulate
from torch import Tensor

from istdbench.errors import UsageError
from istdbench.files import atomic_write
from istdbench.methods.mamba import mim_istd
from istdbench.ops import backends, selective_scan, ss2d
from istdbench.ops.backends.mamba_ssm import INTERFACE
from istdbench.ops.choice import choose
from istdbench.ops.contract import ScanInputs
from istdbench.ops.orders import cross_scan

Table = list[dict[str, str]]
Contender = tuple[Callable[..., Tensor], list[Tensor]]
DTYPES = (torch.float32, torch.bfloat16)
TAKE_HALF = ("triton",)  # the others are given a widened copy, which their time includes
MAMBA = "mamba-ssm's kernel"
OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Plan:
    """What to measure, and on what."""

    device: torch.device
    shapes: dict[str, Shape]
    sides: list[int]
    samples: int
    dtypes: Sequence[torch.dtype] = DTYPES

    @property
    def backends(self) -> list[str]:
        """Those that run on the device, but for the reference."""
        return [name for name in backends() if name != "reference" and self._runs(name)]

    def _runs(self, name: str) -> bool:
        try:
            choose(torch.empty(1, device=self.device), STATES, name)
        except UsageError:
            return False
        return True

    @property
    def has_mamba(self) -> bool:
        return "mamba_ssm" in self.backends


def mamba_kernel() -> Callable[..., Tensor]:
    return importlib.import_module(INTERFACE).selective_scan_fn


def scan_contenders(plan: Plan, shape: Shape, dtype: torch.dtype) -> dict[str, Contender]:
    """The scan alone. mamba-ssm's kernel gets its copies made beforehand, and leaves them unmerged."""
    found: dict[str, Contender] = {}
    if plan.has_mamba:
        u, delta, A, B, C, D, bias = on(plan.device, scan_case(REFERENCE, *shape)[1])
        inputs = [u.to(dtype), delta.to(dtype), A, B.to(dtype), C.to(dtype), D, bias]
        kernel = mamba_kernel()
        found[MAMBA] = lambda u, delta, A, B, C, D, bias: kernel(u, delta, A, B, C, D, None, bias, True), inputs
    orders = cross_scan(shape[1], shape[1], plan.device)
    x, dt, proj, *constants = on(plan.device, scan_case("torch", *shape)[1])
    for name in plan.backends:
        if name != "mamba_ssm":
            inputs = [x.to(dtype), dt.to(dtype), proj.to(dtype), *constants]
            found[f"backend {name}"] = scan_backend(name, orders), inputs
    return found


def scan_backend(name: str, orders: Tensor) -> Callable[..., Tensor]:
    scan = choose(torch.empty(0, device=orders.device), STATES, name).multi_scan

    def call(*tensors: Tensor) -> Tensor:
        given = tensors if name in TAKE_HALF else [tensor.float() for tensor in tensors]
        return scan(ScanInputs(*given, orders, True))

    return call


def usual_pipelines(plan: Plan) -> dict[str, Callable[..., Tensor]]:
    """The usual pipeline around each kernel there is, mamba-ssm's first."""
    kernels = {MAMBA: mamba_kernel()} if plan.has_mamba else {}
    kernels["our scan"] = selective_scan
    return {f"four copies, {name}": four_copies(kernel) for name, kernel in kernels.items()}


def core_contenders(plan: Plan, shape: Shape, dtype: torch.dtype) -> dict[str, Contender]:
    """The whole 2-D core. In half precision the tokens and the projections are, as under autocast."""
    orders = cross_scan(shape[1], shape[1], plan.device)
    x, x_proj, dt_proj, dt_bias, A_log, D = on(plan.device, core_case("torch", *shape)[1])
    inputs = [x.to(dtype), x_proj.to(dtype), dt_proj.to(dtype), dt_bias, A_log, D]
    pipelines = usual_pipelines(plan)

    def pipeline(name: str) -> Callable[..., Tensor]:
        return lambda x, *parameters: pipelines[name](x, orders, *parameters)

    def backend(name: str) -> Callable[..., Tensor]:
        return lambda x, *parameters: ss2d(x, orders, *parameters, backend=name)

    found = {name: (pipeline(name), inputs) for name in pipelines}
    return found | {f"ss2d, {name}": (backend(name), inputs) for name in plan.backends}


CONTENDERS = {"scan": scan_contenders, "core": core_contenders}


def on(device: torch.device, tensors: list[Tensor]) -> list[Tensor]:
    return [tensor.to(device) for tensor in tensors]


def make_call(contender: Contender, backward: bool) -> Callable[[], Any]:
    function, tensors = contender
    inputs = [tensor.detach().requires_grad_(backward) for tensor in tensors]

    def call() -> Any:
        y = function(*inputs)
        return torch.autograd.grad(y, inputs, torch.ones_like(y)) if backward else y

    return call


def cases(plan: Plan) -> Iterator[tuple[str, Shape, torch.dtype, bool]]:
    for place, shape in plan.shapes.items():
        for dtype in plan.dtypes:
            for backward in PASSES:
                yield f"{place}, {PASSES[backward]}, {str(dtype).removeprefix('torch.')}", shape, dtype, backward


def compare(plan: Plan, case: str) -> Table:
    """A row a shape, pass and precision, one for CUDA graphs: the cost of the first, how many times less others'."""
    rows = []
    for title, shape, dtype, backward in cases(plan):
        contenders = CONTENDERS[case](plan, shape, dtype)
        calls = {name: make_call(contender, backward) for name, contender in contenders.items()}
        rows.append(row(title, race(calls, plan.device, plan.samples)))
        if not backward:
            rows.extend(graph_row(plan, title, calls))
    return rows


def graph_row(plan: Plan, title: str, calls: Mapping[str, Call]) -> Table:
    graphs = {name: graph for name, call in calls.items() if (graph := graphed(call, plan.device))}
    found = race(graphs, plan.device, plan.samples)
    # the memory of a graph is allocated at its capture, not at its replay
    found = {name: measured and replace(measured, memory=None) for name, measured in found.items()}
    return [row(f"{title}, CUDA graph", found, list(calls))] if graphs else []


def row(title: str, found: dict[str, Measured | None], names: list[str] | None = None) -> dict[str, str]:
    """The cells of one comparison, printed at once: a run that is cut short has shown what it found."""
    names = names or list(found)
    base = found.get(names[0])
    cells = {"": title}
    for name in names:
        cells[name] = cell(found[name], base) if name in found else "no graph"
    print(*(f"{name}: {text}" if name else text for name, text in cells.items()), sep="; ", flush=True)
    return cells


def cell(measured: Measured | None, base: Measured | None) -> str:
    if measured is None:
        return OUT_OF_MEMORY
    memory = "" if measured.memory is None else f", {measured.memory:.0f} MiB"
    text = f"{measured.best * 1e3:.3f} ms, median {measured.median * 1e3:.3f}{memory}"
    return text if base in (None, measured) else f"**{base.best / measured.best:.2f} x** ({text})"


def agreement(plan: Plan) -> Table:
    """How far the contenders of the core are from the first, relative to the norm of y or of all gradients."""
    rows = []
    for title, (batch, side, channels), dtype, backward in cases(plan):
        contenders = core_contenders(plan, (min(batch, 64), min(side, 16), channels), dtype)
        results = {name: flat(make_call(contender, backward)()) for name, contender in contenders.items()}
        expected = next(iter(results.values()))
        errors = {name: f"{(y - expected).norm() / expected.norm():.1e}" for name, y in results.items()}
        rows.append({"": title} | errors)
    return rows


def flat(result: Tensor | tuple[Tensor, ...]) -> Tensor:
    tensors = result if isinstance(result, tuple) else (result,)
    return torch.cat([tensor.detach().double().flatten() for tensor in tensors])


def floors(plan: Plan, rates: Device) -> Table:
    """Each core against the least time that its bytes and exponentials take; the forward pass as a CUDA graph."""
    rows = []
    for title, shape, dtype, backward in cases(plan):
        batch, side, channels = shape
        contenders = core_contenders(plan, shape, dtype)
        function, inputs = next(iter(contenders.values()))
        count = ORDERS * batch * side * side * channels * STATES
        of_bytes, of_exps = floor(inputs, function(*inputs), count, backward).seconds(rates)
        cells = {"": title, "bytes": f"{of_bytes * 1e3:.4f} ms", "exponentials": f"{of_exps * 1e3:.4f} ms"}
        calls = {name: make_call(contender, backward) for name, contender in contenders.items()}
        if not backward:
            calls = {name: graphed(call, plan.device) or call for name, call in calls.items()}
        for name, measured in race(calls, plan.device, plan.samples).items():
            cells[name] = f"**{max(of_bytes, of_exps) / measured.best:.0%}**" if measured else OUT_OF_MEMORY
        rows.append(cells)
    return rows


def network(plan: Plan) -> Table:
    """Inference of one image, float32: with the usual pipelines, and with ss2d."""
    torch.manual_seed(0)
    model = mim_istd.build().eval().to(plan.device)
    scans = usual_pipelines(plan) | {"ss2d": ss2d}
    rows = []
    for side in plan.sides:
        image = torch.randn(1, 3, side, side, device=plan.device)

        def look(name: str, image: Tensor = image) -> Tensor:
            with torch.inference_mode(), scanning(scans[name]):
                return model(image)

        calls: dict[str, Call] = {name: lambda name=name, look=look: look(name) for name in scans}
        rows.append(row(f"{side} pixels a side", race(calls, plan.device, plan.samples)))
        rows.extend(graph_row(plan, f"{side} pixels a side", calls))
    return rows


def describe(plan: Plan, rates: Device) -> str:
    device = torch.cuda.get_device_name() if plan.device.type == "cuda" else "CPU, a dry run"
    missing = "; ".join(f"no {name}: {reason}" for name, reason in backends().items() if reason)
    return (
        f"{device}; PyTorch {torch.__version__}, CUDA {torch.version.cuda}; "
        f"copy {rates.bytes / 1e9:.0f} GB/s, {rates.exponentials / 1e9:.0f} G exponentials/s. {missing}"
    )


TABLES: dict[str, tuple[str, Callable[[Plan, Device], Table]]] = {
    "agreement": ("Relative difference of the results", lambda plan, rates: agreement(plan)),
    "core": ("The whole 2-D core", lambda plan, rates: compare(plan, "core")),
    "floors": ("Share of the floor that is reached", floors),
    "network": ("MiM-ISTD, one image", lambda plan, rates: network(plan)),
    "scan": ("The scan alone", lambda plan, rates: compare(plan, "scan")),
}


def run(plan: Plan, names: Sequence[str], out: Path | None) -> None:
    rates = measure(plan.device, plan.samples)
    text = describe(plan, rates) + "\n"
    for title, make in (TABLES[name] for name in names):
        table = f"\n## {title}\n\n{tabulate(make(plan, rates), headers='keys', tablefmt='github')}\n"
        print(table, flush=True)
        text += table
        if out:
            atomic_write(out, text)  # after each table, for a run that is cut short


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dry", action="store_true", help="one tiny shape, one repeat: a check that the script runs")
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=TABLES, help="default: all")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if options.dry:
        plan = Plan(device, {"inner": TINY}, [32], samples=1, dtypes=DTYPES[:1])
    elif device.type == "cpu":
        raise SystemExit("no CUDA device that PyTorch can use; for a dry run on the CPU: --dry")
    else:
        plan = Plan(device, SHAPES, [256, 512, 1024, 2048], samples=20)
    run(plan, options.tables, options.out)


if __name__ == "__main__":
    main()
