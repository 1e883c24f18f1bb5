"""What ONNX has no operator for, or PyTorch's exporter no faithful form of, as functions and forms of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.onnx import symbolic_helper, symbolic_opset11, symbolic_opset13

OPSET = 17
DOMAIN = "istdbench"

SELECTIVE_SCAN = """
<opset_import: ["" : 17], domain: "istdbench">
SelectiveScan (u, delta, A, B, C) => (y)
{
    last = Constant <value = int64[1] {-1}> ()
    but_last = Constant <value = int64[1] {-2}> ()
    input = Mul (delta, u)
    first = Constant <value = int64 {0}> ()
    zero = Constant <value = float {0}> ()
    some = Gather <axis = 0> (u, first)
    some_by_state = Unsqueeze (some, last)
    any_state = Mul (some_by_state, A)
    shape = Shape (any_state)
    none = Expand (zero, shape)
    h_end, y = Scan <num_scan_inputs = 4, body = step (h, delta_t, input_t, B_t, C_t) => (h_t, y_t)
    {
        delta_by_state = Unsqueeze (delta_t, last)
        exponent = Mul (delta_by_state, A)
        decay = Exp (exponent)
        kept = Mul (decay, h)
        input_by_state = Unsqueeze (input_t, last)
        B_by_channel = Unsqueeze (B_t, but_last)
        added = Mul (input_by_state, B_by_channel)
        h_t = Add (kept, added)
        C_by_channel = Unsqueeze (C_t, but_last)
        seen = Mul (h_t, C_by_channel)
        y_t = ReduceSum <keepdims = 0> (seen, last)
    }> (none, delta, input, B, C)
}
"""
"""`istdbench.exporting.plain_scan.recur` as a function of ONNX's standard operators, in ONNX's textual syntax."""


@contextmanager
def faithful_forms() -> Iterator[None]:
    """Within it, PyTorch's exporter uses our forms of some operators."""
    forms: dict[str, Callable[..., Any]] = {
        "aten::roll": _roll,
        "aten::pad": _pad,
        "aten::mT": _transposed,
        "aten::unflatten": _unflatten,
    }
    for name, form in forms.items():
        torch.onnx.register_custom_op_symbolic(name, form, OPSET)
    try:
        yield
    finally:
        for name in forms:
            torch.onnx.unregister_custom_op_symbolic(name, OPSET)


@symbolic_helper.parse_args("v", "is", "is")
def _roll(graph: Any, x: Any, shifts: list[int], dims: list[int]) -> Any:
    """PyTorch's own form goes wrong where a shift is longer than the map."""
    for shift, dim in zip(shifts, dims, strict=True):
        zero, one, by = (graph.op("Constant", value_t=torch.tensor(value)) for value in (0, 1, shift))
        axis = graph.op("Constant", value_t=torch.tensor([dim]))
        size = graph.op("Squeeze", graph.op("Gather", graph.op("Shape", x), axis, axis_i=0))
        from_places = graph.op("Mod", graph.op("Sub", graph.op("Range", zero, size, one), by), size)
        x = graph.op("Gather", x, from_places, axis_i=dim).setType(x.type())
    return x


def _pad(graph: Any, x: Any, *options: Any) -> Any:
    """PyTorch's own form forgets how many channels there are, which batch norm must know."""
    padded = symbolic_opset11.pad(graph, x, *options)
    batch, channels, *_ = x.type().varyingSizes()
    return padded.setType(x.type().with_sizes([batch, channels, None, None]))


def _transposed(graph: Any, x: Any) -> Any:
    """PyTorch has none."""
    *others, rows, columns = range(x.type().dim())
    return graph.op("Transpose", x, perm_i=[*others, columns, rows])


def _unflatten(graph: Any, x: Any, dim: Any, sizes: Any) -> Any:
    """PyTorch's own form takes the traced sizes of what it gives for its sizes at all times."""
    listed = symbolic_helper._is_packed_list(sizes)
    count = len(symbolic_helper._unpack_list(sizes)) if listed else sizes.type().sizes()[0]
    rank = x.type().dim() - 1 + count
    result = symbolic_opset13.unflatten(graph, x, dim, sizes)
    return result.setType(x.type().with_sizes([None] * rank))
