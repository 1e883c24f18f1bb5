"""The process a probe runs in: `python -m istdbench.probes.child` reads a request on stdin, answers on stdout.

Both are one JSON object. Whatever a plugin prints goes to stderr, so that it cannot garble the answer.
"""

from __future__ import annotations

import json
import os
import sys

from istdbench.registry import METHODS, PROBES


def main() -> None:
    """Run one probe of one method; an exception ends the process with its traceback on stderr."""
    with os.fdopen(os.dup(1), "w") as answer:
        os.dup2(2, 1)
        request = json.load(sys.stdin)
        probe, method = PROBES.get(request["probe"]), METHODS.get(request["method"])
        height, width = request["size"]
        measured = probe.run(method, request["options"], (height, width), request["device"])
        answer.write(json.dumps(measured, allow_nan=False))


if __name__ == "__main__":
    main()
