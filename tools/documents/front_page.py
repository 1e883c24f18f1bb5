"""The parts of README.md that are made, each between two marks, which say by what."""

from __future__ import annotations

import re
from pathlib import Path

from istdbench.files import atomic_write

README = Path(__file__).parents[2] / "README.md"
CAPTION, RESULTS = "caption", "results"


def part(name: str) -> str:
    """What stands in the README between the marks of a part."""
    return _found(name)[2].strip()


def put(name: str, text: str) -> None:
    """Write a text between the marks of a part."""
    found = _found(name)
    whole = found.string
    atomic_write(README, f"{whole[: found.start()]}{found[1]}\n\n{text}\n\n{found[3]}{whole[found.end() :]}")


def _found(name: str) -> re.Match[str]:
    pattern = rf"(?s)(<!-- {name}: made by [^>]+ -->)(.*?)(<!-- end of {name} -->)"
    found = re.search(pattern, README.read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit(f"{README} has no marks of {name}")
    return found
