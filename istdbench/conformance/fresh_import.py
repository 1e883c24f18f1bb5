"""What importing a plugin's module changes, seen in a process that has not imported it before.

`python -m istdbench.conformance.fresh_import MODULE` prints one sentence a change, as a JSON list.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys

from istdbench.conformance.sentences import ConformanceError
from istdbench.plugins.global_state import load_libraries
from istdbench.plugins.state import change_text, changed, snapshot


def importing_changes_no_global_state(module: str) -> None:
    """Importing the module in a fresh process works, and leaves dtype, threads, random state and folder alone.

    Raises:
        ConformanceError: it fails there, or changes something.
    """
    command = (sys.executable, "-m", "istdbench.conformance.fresh_import", module)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ConformanceError(
            f"importing {module} in a fresh process failed: {last}; import it in python to see where"
        )
    if not done.stdout:
        raise ConformanceError(f"importing {module} ended the process (exit code 0); raise an error in its place")
    changes = json.loads(done.stdout)
    if changes:
        raise ConformanceError(f"importing {module} changed {changes[0]}")


def main(module: str) -> None:
    """Import the module between two snapshots; what it prints goes to standard error."""
    with os.fdopen(os.dup(1), "w") as answer:
        os.dup2(2, 1)
        load_libraries()
        before = snapshot()
        importlib.import_module(module)
        after = snapshot()
        moved = [setting for setting in changed(before, after) if setting.at_import]
        answer.write(json.dumps([f"{change_text(setting, before, after)}; {setting.instead}" for setting in moved]))


if __name__ == "__main__":
    main(sys.argv[1])
