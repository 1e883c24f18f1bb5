"""The rooms: ARCHITECTURE.md names them all, arrows between them run one way, and no two files have one name."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "istdbench"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "zoo" not in path.relative_to(PACKAGE).parts)
FACE = PACKAGE / "__init__.py"
"""Gives names of all rooms to those outside; nothing inside imports it."""


def room(path: Path) -> str:
    """The folder of the package that a module is in, or the module itself where it stands beside the folders."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(node: ast.AST) -> Iterator[str]:
    """Dotted names that are imported in a piece of code when it runs: what is for type checkers alone is left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from imported(child)


def module_of(dotted: str) -> Path | None:
    """The file that a dotted name of ours is in."""
    parts = dotted.split(".")
    if parts[0] != "istdbench":
        return None
    for end in range(len(parts), 0, -1):
        place = PACKAGE.joinpath(*parts[1:end])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return path
    return None


def arrows() -> dict[str, set[str]]:
    """Room to the rooms that it imports."""
    found: dict[str, set[str]] = {}
    for path in MODULES:
        if path == FACE:
            continue
        targets = {module_of(name) for name in imported(ast.parse(path.read_text()))} - {None, FACE}
        found.setdefault(room(path), set()).update(room(target) for target in targets)
    return {name: targets - {name} for name, targets in found.items()}


ARROWS = arrows()


def test_no_rooms_import_each_other_in_a_circle():
    order = list(TopologicalSorter(ARROWS).static_order())
    assert order.index("errors") < order.index("metrics") < order.index("scoring") < order.index("cli")


def test_reports_are_made_from_records_and_predict_nothing():
    predicting = {"scoring", "training", "runs", "campaigns", "jobs", "probes", "methods", "ops"}
    assert ARROWS["reports"] & predicting == set()


def test_a_method_knows_no_data_set_and_no_metric():
    assert ARROWS["methods"] <= {"ops", "errors", "lazy", "spec"}


@pytest.mark.parametrize("family", ["mamba", "convolutional", "classical"])
def test_a_family_of_methods_takes_from_the_shared_parts_and_from_no_other_family(family):
    methods = PACKAGE / "methods"
    code = [ast.parse(path.read_text()) for path in (methods / family).rglob("*.py")]
    found = {module_of(name) for each in code for name in imported(each)} - {None}
    taken = {path.relative_to(methods).parts[0] for path in found if path.is_relative_to(methods)}
    assert taken <= {family, "parts", "method.py", "outputs.py", "thresholds.py"}


def test_the_architecture_has_a_row_for_every_room_and_arrows_run_down_its_table():
    rows = re.findall(r"^\| `(\w+)/` \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted({room(path) for path in MODULES if path.parent != PACKAGE})
    upwards = [(name, other) for place, name in enumerate(rows) for other in ARROWS[name] & set(rows[:place])]
    assert upwards == []


def test_a_file_name_is_said_once():
    """But for verbs, which are named as what they call, and for a network, which is named as its method."""
    apart = {"cli", "networks"}
    names = Counter(path.name for path in MODULES if not set(path.parts) & apart and path.name[:2] != "__")
    # `methods/spec.py` keeps what was written for an earlier istdbench at work
    assert [name for name, times in names.items() if times > 1] == ["spec.py"]


def test_what_the_texts_name_is_there():
    """Every module, and what is in it, that a docstring or a page names in backticks."""
    pages = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")]
    texts = [path.read_text() for path in (*MODULES, *pages)]
    named = {name for text in texts for name in re.findall(r"`(istdbench(?:\.\w+)+)(?:\([^`]*)?`", text)}
    lost = []
    for name in sorted(named):
        module = module_of(name)
        inside = name.split(".")[len(module.relative_to(ROOT).with_suffix("").parts) - (module.stem == "__init__") :]
        if any(not re.search(rf"\b{part}\b", module.read_text()) for part in inside):
            lost.append(name)
    assert len(named) > 30 and lost == []
