"""What a stranger may import: the names of the package, the same for people, type checkers and examples."""

import ast
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import istdbench
from istdbench.scaffold.new_plugin import TEMPLATES

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "third_party_method"
PUBLIC = {"istdbench", "istdbench.ops", "istdbench.metrics", "istdbench.conformance"}


def imports(source: str) -> list[tuple[str, str]]:
    """(module, name) of every import in Python code; (module, "") where a module itself is imported."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found += [(node.module or "", alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
    return found


def test_every_public_name_is_there_and_listed():
    assert set(istdbench.__all__) <= set(dir(istdbench))
    assert all(getattr(istdbench, name) is not None for name in istdbench.__all__)
    assert istdbench.__version__ == version("istdbench")
    with pytest.raises(AttributeError, match="no attribute 'Mehtod'"):
        _ = istdbench.Mehtod


def test_the_citation_is_of_this_project_and_the_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "CITATION.cff").read_text().splitlines()
    assert {f"title: {project['name']}", f"repository-code: {project['urls']['Repository']}"} <= set(lines)
    assert not any(line.startswith("version:") for line in lines)


def test_type_checkers_see_the_same_names():
    tree = ast.parse(Path(istdbench.__file__).read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert {*seen, "__version__", "errors"} == set(istdbench.__all__)


def test_the_wheel_says_that_it_is_typed():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert "py.typed" in settings["package-data"]["istdbench"] and (ROOT / "istdbench" / "py.typed").is_file()


@pytest.mark.parametrize(
    "path", [*EXAMPLE.rglob("*.py"), *TEMPLATES.rglob("*.py.template")], ids=lambda path: path.parent.name
)
def test_examples_and_templates_import_public_names_only(path):
    source = path.read_text().replace("$module", "my_module")
    ours = [(module, name) for module, name in imports(source) if module.partition(".")[0] == "istdbench"]
    assert {module for module, _ in ours} <= PUBLIC
    assert {name for module, name in ours if module == "istdbench"} <= set(istdbench.__all__)
