"""Packages that this process sees as installed, without pip: their code on the path, with metadata beside it."""

import importlib
import sys
from pathlib import Path

from istdbench.plugins import manager
from istdbench.registry import Catalogue

SUITE = "istdbench.conformance.suite"


def install(monkeypatch, folder: Path, package: str, module: str) -> None:
    """Adds the folder to the path, as the package whose entry point names the module; plugins are looked for anew."""
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[istdbench]\nmine = {module}\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))  # for the fresh process that a package's import is checked in
    monkeypatch.delitem(sys.modules, module, raising=False)
    found = manager.plugins.__wrapped__()
    suite = importlib.import_module(SUITE)
    monkeypatch.setattr(suite, "plugins", lambda: found)
    monkeypatch.setattr(suite, "METHODS", Catalogue("method", "register_methods", lambda: found))
