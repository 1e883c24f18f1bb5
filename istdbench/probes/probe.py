"""What a probe is: one measurement of what a method costs at one image size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from istdbench.errors import IstdbenchError
from istdbench.methods.method import Method
from istdbench.spec import Scalar

Measured = dict[str, float | str]
Run = Callable[[Method, Mapping[str, Scalar], tuple[int, int], str], Measured]


@dataclass(frozen=True)
class Probe:
    """A probe as a plugin registers it.

    Attributes:
        name: the key in records.
        summary: one line for `istdbench list`.
        run: `run(method, options, (H, W), device)` measures one image of H x W, batch 1, with every option of the
            method given. It has a process to itself. Keys carry their unit (`median_ms`); a quantity that the method
            does not have is left out.
    """

    name: str
    summary: str
    run: Run


class ProbeError(IstdbenchError):
    """A probe whose process failed or took too long; the message ends with the last lines it wrote."""
