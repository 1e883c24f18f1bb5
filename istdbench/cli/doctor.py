"""`istdbench doctor`."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import out, print_json
from istdbench.cli.listing import report_broken

PACKAGES = ("istdbench", "torch", "triton", "mamba-ssm")
STATES = 16  # of every Mamba network here


def doctor(as_json: options.AsJson = False) -> None:
    """Say what istdbench finds on this machine: scan backends and why one cannot run, versions, folders, plugins.

    Example: [bold]istdbench doctor[/bold]
    """
    facts = {"scan backends": _backends(), "machine": _machine()}
    if as_json:
        print_json(facts)
    else:
        _print(facts)
    report_broken()


def _backends() -> list[dict[str, str]]:
    """Each backend of the scan, the preferred first; the first that can take a device's tensors serves it."""
    from istdbench.ops import backends, native

    rows = []
    for name, reason in backends().items():
        notes = ", ".join(native.variants()) if name == "c" and not reason else reason
        rows.append({"backend": name, "runs here": "no" if reason else "yes", "serves": _serves(name), "notes": notes})
    return rows


def _serves(name: str) -> str:
    import torch

    from istdbench.ops.backends import choose

    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    return ", ".join(device for device in devices if choose(torch.empty(1, device=device), STATES).name == name)


def _machine() -> dict[str, Any]:
    import torch

    from istdbench.settings import home, mirror

    versions = {"python": platform.python_version()} | {package: _version(package) for package in PACKAGES}
    return versions | {
        "threads": torch.get_num_threads(),
        "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "home": str(home()),
        "mirror": mirror() or "none",
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _print(facts: dict[str, Any]) -> None:
    table = Table("scan backend", "runs here", "serves", "notes")
    for row in facts["scan backends"]:
        table.add_row(*row.values())
    out.print(table)
    for name, value in facts["machine"].items():
        out.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)
