"""What texts propose is there: every verb, option, protocol and data set that a message, help or page names."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup

from istdbench.cli.verbs import VERBS, build
from istdbench.protocols.listing import protocol_names
from istdbench.registry import DATASETS, METHODS, PROBES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "istdbench"
OF_OTHERS = {
    *("--extra-index-url", "--head", "--no-build-isolation", "--show-toplevel", "--porcelain", "--cov"),
    *("--first-parent", "--is-ancestor", "--is-shallow-repository"),
    *("--build-arg", "--no-deps", "--no-index", "--quiet", "--rm", "--strict", "--target"),
}
"""Options of ray, pip, git, docker, MkDocs and pytest."""
VALUES = {
    "--protocol": protocol_names(),
    "--dataset": DATASETS.names(),
    "--methods": METHODS.names(),
    "--method": METHODS.names(),
    "--probes": [*PROBES.names(), "all", "none"],
}
PROSE = {"and", "for", "goes", "is", "it", "may", "names", "or", "out", "says", "to", "with"}
"""Words with which a sentence goes on behind an option."""
A_NAME = "my_"
"""How a name begins that stands for one of the reader's own."""


def options() -> dict[str, set[str]]:
    """The options of every verb, and of those that a verb has."""
    found = {}
    for name in VERBS:
        command = build(name)
        inner = command.commands if isinstance(command, TyperGroup) else {"": command}
        for own, each in inner.items():
            taken = {option for parameter in each.params for option in (*parameter.opts, *parameter.secondary_opts)}
            found[f"{name} {own}".strip()] = taken | {"--help", "-h"}
    return found


OPTIONS = options()
ALL_OPTIONS = set().union(*OPTIONS.values()) | {"--version", "--install-completion", "--show-completion"}
KNOWN = ALL_OPTIONS | OF_OTHERS


def strings(path: Path) -> Iterator[str]:
    """The texts of a module, with `{}` where they are filled in."""
    parts = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            parts |= {id(part) for part in node.values}
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value


def texts() -> dict[str, list[str]]:
    """Every text of the package and its pages, by file."""
    pages = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]
    for folder, endings in ((PACKAGE, ("*.md", "*.template")), (ROOT / "docs", ("*.md", "*.ipynb"))):
        pages += [path for ending in endings for path in folder.rglob(ending)]
    found = {str(path.relative_to(ROOT)): [_page(path)] for path in pages}
    return found | {str(path.relative_to(ROOT)): list(strings(path)) for path in PACKAGE.rglob("*.py")}


def _page(path: Path) -> str:
    """The text of a page; commands of fenced blocks, and of cells of notebooks, stand in it as indented ones do."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join(
            "".join(["```\n", *c["source"], "\n```"] if c["cell_type"] == "code" else c["source"]) for c in cells
        )
    blocks = text.split("```")
    blocks[1::2] = [re.sub(r"^(?=istdbench )", "    ", block, flags=re.MULTILINE) for block in blocks[1::2]]
    return "```".join(blocks)


def lost(text: str) -> list[str]:
    """What a text names and nobody has."""
    text = re.sub(r"\\\n\s*", "", text)
    found = [f"no option {name}" for name in re.findall(r"(?<![\w-])--[a-z][\w-]*", text) if name not in KNOWN]
    for command in re.findall(r"(?:`|\n {4,}|&& |Example: )istdbench ([^`\n]*)", text):
        verb, *rest = command.split() or [""]
        if verb in VERBS:
            own = f"{verb} {rest[0]}" if rest and f"{verb} {rest[0]}" in OPTIONS else verb
            taken = OPTIONS.get(own, ALL_OPTIONS)
            found += [f"{own} has no {name}" for name in rest if re.match(r"--[a-z]", name) and name not in taken]
        elif not verb.startswith(("-", "{")):
            found.append(f"no verb {verb}")
    for option, names in VALUES.items():
        for listed in re.findall(rf"{option} ([\w.,:=/{{}}-]+)", text):
            for name in re.findall(r"(?:^|,)([a-z]\w+)(?![\w=./])", listed):
                if name not in {*names, *PROSE} and not name.startswith(A_NAME):
                    found.append(f"{option} {name}")
    return found


def test_everything_that_a_text_proposes_is_there() -> None:
    found = {file: [problem for text in said for problem in lost(text)] for file, said in texts().items()}
    assert len(found) > 250 and {file: problems for file, problems in found.items() if problems} == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("train them with --protocol quick", "--protocol quick"),
        ("call `istdbench rum --methods tophat`", "no verb rum"),
        ("call `istdbench data fetch --force`", "data fetch has no --force"),
        ("add --overwrite", "no option --overwrite"),
        ("Example: istdbench run --methods tophat,mcpm --dataset synth", "--methods mcpm"),
    ],
)
def test_a_text_that_proposes_what_is_not_there_is_found(text: str, problem: str) -> None:
    assert problem in lost(text)


def test_what_is_there_is_no_problem() -> None:
    assert (
        lost("`istdbench run --methods tophat:size=7,mpcm --dataset synth:n=2,nuaa --protocol {}`; --protocol x.py")
        == []
    )
