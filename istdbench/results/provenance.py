"""Where a number was made: versions, git revision, machine, time and command line."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

from istdbench.errors import UsageError
from istdbench.files import readable
from istdbench.lazy import torch

PACKAGE = Path(__file__).parent.parent
CPUINFO = Path("/proc/cpuinfo")
OPENCV_DISTRIBUTIONS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python")

TypedText = Annotated[str, BeforeValidator(lambda value: readable(value) if isinstance(value, str) else value)]
"""What a person typed: a path in it may be no UTF-8, which no JSON file could hold."""


class Provenance(BaseModel, frozen=True, extra="forbid"):
    """What a reader needs to make the number again. Nothing here enters a record's key.

    Attributes:
        istdbench, python, torch, numpy, opencv: versions; "unknown" where a package keeps no metadata.
        revision: git commit of the istdbench checkout; None when it is installed from elsewhere.
        dirty: True when the code under istdbench/ differs from that commit; None without a commit.
        system: operating system and its version.
        cpu: model of the processor.
        gpu: model of the GPU, None when none was used.
        threads: PyTorch's threads within an operation.
        device: "cpu", "cuda", ...
        scan: the backend that the selective scan takes on that device.
        created: UTC, ISO 8601, to the second.
        command: the command line.
    """

    istdbench: str
    python: str
    torch: str
    numpy: str
    opencv: str
    revision: str | None
    dirty: bool | None
    system: str
    cpu: str
    gpu: str | None
    threads: int
    device: str
    scan: str
    created: str
    command: TypedText


def collect(command: str, device: str = "cpu", scan: str = "unknown") -> Provenance:
    """Describe this process, its code and its machine.

    Args:
        command: the command line as typed.
        device: the torch device that the run uses; the GPU is named only when it is a CUDA device.
        scan: the scan backend, which this package does not know of.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is set, and not to whole seconds.
    """
    revision, dirty = git_state(PACKAGE)
    return Provenance(
        istdbench=_version("istdbench"),
        python=platform.python_version(),
        torch=torch.__version__,
        numpy=_version("numpy"),
        opencv=next((found for name in OPENCV_DISTRIBUTIONS if (found := _version(name)) != "unknown"), "unknown"),
        revision=revision,
        dirty=dirty,
        system=platform.platform(terse=True),
        cpu=cpu_model(),
        gpu=torch.cuda.get_device_name(device) if device.startswith("cuda") else None,
        threads=torch.get_num_threads(),
        device=device,
        scan=scan,
        created=now(),
        command=command,
    )


def now() -> str:
    """The time in UTC to the second; SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs) replaces the clock.

    Raises:
        UsageError: SOURCE_DATE_EPOCH is not a whole number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is not None and not epoch.isdecimal():
        raise UsageError(f"SOURCE_DATE_EPOCH={epoch!r} is not a whole number of seconds since 1970; unset it")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch is not None else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def cpu_model() -> str:
    """The processor's name as the system gives it."""
    if CPUINFO.is_file():
        for line in CPUINFO.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return " ".join(value.split())
    return platform.processor() or platform.machine()


def git_state(package: Path) -> tuple[str | None, bool | None]:
    """(commit, whether the package's own files differ from it) of the checkout that `package` is the top folder of.

    Only files under `package` count as a change, without its zoo: a leaderboard or weights that were just written are
    not code. A package inside somebody else's repository, such as in a virtual environment there, has no revision.
    """
    top = git(package, "rev-parse", "--show-toplevel")
    commit = git(package, "rev-parse", "HEAD")
    if top is None or commit is None or Path(top).resolve() != package.parent.resolve():
        return None, None
    return commit, bool(git(package, "status", "--porcelain", "--", ".", ":(exclude)zoo"))


def git(folder: Path, *arguments: str, seconds: float = 30) -> str | None:
    """What git says in a folder; None where it fails, is not there, or takes too long."""
    command = ["git", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=seconds)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
