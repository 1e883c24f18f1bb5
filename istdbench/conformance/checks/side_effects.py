"""Checks that a method changes nothing but what it returns."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from accelerate.utils import set_seed

from istdbench.conformance.state import SETTINGS, change_text, changed, snapshot
from istdbench.conformance.subject import ConformanceError, Subject, listed

CACHES = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "TORCH_HOME", "HF_HOME", "MPLCONFIGDIR", "ISTDBENCH_HOME")


def no_global_state_is_changed(subject: Subject) -> None:
    """Building, detecting and training leave dtype, threads, random state, folder, environment and the rest alone.

    Building and training may draw from the global generators, which istdbench seeds; detecting may not, and nothing
    may seed them.
    """
    for step, action in _steps(subject):
        before = snapshot()
        action()
        after = snapshot()
        moved = [setting for setting in changed(before, after) if step == "detecting" or not setting.random]
        if moved:
            raise ConformanceError(
                f"{step} changed {change_text(moved[0], before, after)}"
                f"{f' and {len(moved) - 1} more' if len(moved) > 1 else ''}; {moved[0].instead}"
            )
    if subject.learned:
        _check_no_seed(subject)


def _steps(subject: Subject) -> Iterator[tuple[str, Callable[[], object]]]:
    """What a run does with a method, one part at a time."""
    image = subject.picture(64, 64)
    if not subject.learned:
        yield "detecting", lambda: subject.threshold(subject.detector()(image))
        return
    set_seed(0)  # as `build` does, which is no doing of the method
    network = None

    def build() -> None:
        nonlocal network
        network = subject.build()

    yield "building the network", build
    assert network is not None
    trained = network
    yield "detecting", lambda: subject.logits(trained.eval(), subject.batch(image)).detach()
    yield "a training step", lambda: subject.train_once(trained)


def _check_no_seed(subject: Subject) -> None:
    """After two seeds, the generators go on differently: unless the method seeded them in between."""
    states = []
    for seed in (0, 1):
        subject.train_once(subject.build(seed))
        states.append(snapshot())
    for setting in SETTINGS:
        if setting.random and states[0][setting.name] == states[1][setting.name]:
            raise ConformanceError(
                f"building or training sets {setting.name} to a fixed value, so that every seed gives the same run; "
                "remove the call that seeds (manual_seed, np.random.seed, random.seed), istdbench does it"
            )


def no_file_is_written(subject: Subject) -> None:
    """Building, detecting and training leave no file in the working folder, the home folder or the temporary one."""
    with _empty_folders() as root:
        for step, action in _steps(subject):
            action()
            found = [str(path.relative_to(root)) for path in sorted(root.rglob("*")) if path.is_file()]
            if found:
                raise ConformanceError(
                    f"{step} wrote {listed(found)}; a method returns scores and writes nothing: let the caller save"
                )


@contextmanager
def _empty_folders() -> Iterator[Path]:
    """A new folder with `working`, `home` and `temporary` in it, which are what their names say meanwhile."""
    before, temporary = Path.cwd(), tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="istdbench-check-") as folder:
        root = Path(folder)
        for name in ("working", "home", "temporary"):
            (root / name).mkdir()
        variables = {**dict.fromkeys(CACHES, str(root / "home")), "TMPDIR": str(root / "temporary")}
        kept = dict(os.environ)
        try:
            os.chdir(root / "working")
            os.environ.update(variables)
            tempfile.tempdir = str(root / "temporary")
            yield root
        finally:
            os.chdir(before)
            for name in variables.keys() - kept.keys():
                del os.environ[name]
            os.environ.update(kept)
            tempfile.tempdir = temporary
