"""The process that probes run in: `python -m istdbench.probes.child` reads requests on stdin, answers on stdout.

Both are one JSON object a line. Whatever a plugin prints goes to stderr, so that it cannot garble the answer. With the
name of a GPU it makes PyTorch and that GPU ready first, while nobody waits for it.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import Any

from istdbench.probes.probe import Measured
from istdbench.registry import METHODS, PROBES


def main() -> None:
    """Answer until stdin is closed; an exception ends the process with its traceback on stderr."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        if len(sys.argv) > 1:
            _make_ready(sys.argv[1])
        for line in sys.stdin:
            print(json.dumps(_measured(json.loads(line)), allow_nan=False), file=answers, flush=True)


def _make_ready(device: str) -> None:
    """Bring in what takes seconds: PyTorch, the device, and what PyTorch's counter of operations imports."""
    import torch
    import torch._dynamo

    torch.zeros(1, device=device)


def _measured(request: dict[str, Any]) -> Measured:
    _forget_the_last()
    probe, method = PROBES.get(request["probe"]), METHODS.get(request["method"])
    height, width = request["size"]
    return probe.run(method, request["options"], (height, width), request["device"])


def _forget_the_last() -> None:
    """Free what the last request left on a GPU: no figure counts the memory of another method."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
