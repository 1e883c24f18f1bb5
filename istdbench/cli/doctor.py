"""`istdbench doctor`."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from istdbench.cli import options
from istdbench.cli.console import print_json, say, show_table
from istdbench.cli.listing import report_broken
from istdbench.errors import UsageError
from istdbench.lazy import torch
from istdbench.settings import home, mirror
from istdbench.threads import allowed_cores, free_cores, thread_settings

PACKAGES = ("istdbench", "torch", "triton", "mamba-ssm")
STATES = 16  # of every Mamba network here


def doctor(as_json: options.AsJson = False) -> None:
    """Say what istdbench finds on this machine: scan backends, why one cannot run and whether its numbers are right,
    versions, folders, plugins.

    Example: istdbench doctor
    """
    facts: dict[str, Any] = {"scan backends": _backends(), "machine": _machine()}
    if as_json:
        print_json(facts)
    else:
        rows = [list(row.values()) for row in facts["scan backends"]]
        show_table(("scan backend", "runs here", "serves", "off by", "notes"), rows)
        for name, value in facts["machine"].items():
            say(f"{name}: {value}")
    report_broken()


def _backends() -> list[dict[str, str]]:
    """Each backend of the scan, the preferred first; the first that can take a device's tensors serves it."""
    from istdbench.ops import backends
    from istdbench.ops.backends.c.library import variants

    rows = []
    for name, reason in backends().items():
        notes = ", ".join(variants()) if name == "c" and not reason else reason
        off, fault = ("", "") if reason else _off(name)
        notes = "; ".join(filter(None, (fault, notes)))
        row = {"backend": name, "runs here": "no" if reason else "yes", "serves": _serves(name), "off by": off}
        rows.append(row | {"notes": notes})
    return rows


def _off(name: str) -> tuple[str, str]:
    """How far a backend's numbers are from the definition's here, and what is wrong with that, "" for nothing."""
    from istdbench.ops.choice import BACKENDS
    from istdbench.ops.self_check import LIMIT, difference

    try:
        found = difference(name, BACKENDS[name].device or "cpu")
    except Exception as error:  # a compiler's or a driver's fault is of any kind
        return "", f"FAILS: {' '.join(str(error).split())[:200]}; set ISTDBENCH_SCAN to another backend"
    right = found < LIMIT  # not of NaN
    return f"{found:.0e}", "" if right else "WRONG NUMBERS here; set ISTDBENCH_SCAN to another backend, and report it"


def _serves(name: str) -> str:
    from istdbench.ops.choice import choose

    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    return ", ".join(device for device in devices if choose(torch.empty(1, device=device), STATES).name == name)


def _machine() -> dict[str, Any]:
    versions = {"python": platform.python_version()} | {package: _version(package) for package in PACKAGES}
    return versions | {
        "threads": torch.get_num_threads(),
        "thread settings": thread_settings() or "none",
        "cores": f"{allowed_cores()} for this process, {free_cores()} of them free now",
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "home": _home(),
        "mirror": mirror() or "none",
    }


def _home() -> str:
    try:
        return str(home())
    except UsageError as error:
        return f"none: {error}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
