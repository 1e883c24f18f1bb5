"""Checks that a method changes nothing but what it returns."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from unittest.mock import patch

from istdbench.conformance.sentences import ConformanceError, listed
from istdbench.conformance.subject import NetworkSubject, Subject
from istdbench.plugins.global_state import SETTINGS
from istdbench.plugins.state import State, change_text, changed, snapshot

CACHES = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "TORCH_HOME", "HF_HOME", "MPLCONFIGDIR", "ISTDBENCH_HOME")


def no_global_state_is_changed(subject: Subject) -> None:
    """Building, detecting and training leave dtype, threads, random state, folder, environment and the rest alone.

    Building and training may draw from the global generators, which istdbench seeds; detecting may not, and nothing
    may seed them.
    """
    for step, action in subject.steps():
        before = snapshot()
        action()
        after = snapshot()
        moved = [setting for setting in changed(before, after) if step == "detecting" or not setting.random]
        if moved:
            raise ConformanceError(
                f"{step} changed {change_text(moved[0], before, after)}"
                f"{f' and {len(moved) - 1} more' if len(moved) > 1 else ''}; {moved[0].instead}"
            )
    if isinstance(subject, NetworkSubject):
        _check_no_seed(subject, after)


def _check_no_seed(subject: NetworkSubject, trained: State) -> None:
    """After two seeds, the generators go on differently: unless the method seeded them in between.

    Args:
        trained: after building and training with seed 0.
    """
    subject.train_once(subject.build(seed=1))
    other = snapshot()
    for setting in SETTINGS:
        if setting.random and trained[setting.name] == other[setting.name]:
            raise ConformanceError(
                f"building or training sets {setting.name} to a fixed value, so that every seed gives the same run; "
                "remove the call that seeds (manual_seed, np.random.seed, random.seed), istdbench does it"
            )


def no_file_is_written(subject: Subject) -> None:
    """Building, detecting and training leave no file in the working folder, the home folder or the temporary one."""
    with _empty_folders() as root:
        for step, action in subject.steps():
            action()
            found = [str(path.relative_to(root)) for path in sorted(root.rglob("*")) if path.is_file()]
            if found:
                raise ConformanceError(
                    f"{step} wrote {listed(found)}; a method returns scores and writes nothing: let the caller save"
                )


@contextmanager
def _empty_folders() -> Iterator[Path]:
    """A new folder with `working`, `home` and `temporary` in it, which are what their names say meanwhile."""
    with tempfile.TemporaryDirectory(prefix="istdbench-check-") as folder:
        root = Path(folder)
        for name in ("working", "home", "temporary"):
            (root / name).mkdir()
        home, temporary = str(root / "home"), str(root / "temporary")
        variables = {**dict.fromkeys(CACHES, home), "TMPDIR": temporary}
        with chdir(root / "working"), patch.dict(os.environ, variables), patch.object(tempfile, "tempdir", temporary):
            yield root
