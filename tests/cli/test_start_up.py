"""Verbs that need no network and no tensor start without the libraries that take long to import."""

import subprocess
import sys

import pytest

HEAVY = {
    "PIL",
    "accelerate",
    "cv2",
    "matplotlib",
    "mmengine",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "pooch",
    "scipy",
    "skimage",
    "torch",
    "torchmetrics",
}
CALL = """
import sys
from istdbench.cli import app
from istdbench.plugins import manager
manager.entry_points = lambda group: []
try:
    app()
finally:
    print(*sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def modules_after(line: str, code: int) -> tuple[set[str], str]:
    """The top-level modules that a command has imported when it ends, without outside plugins, and what it printed."""
    done = subprocess.run([sys.executable, "-c", CALL, *line.split()], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    *said, modules = done.stderr.strip().splitlines()
    return set(modules.split()), done.stdout + "\n".join(said)


@pytest.mark.parametrize(
    ("line", "code", "shows"),
    [
        ("--help", 0, "leaderboard"),
        ("data --help", 0, "fetch"),
        ("run --help", 0, "--best-on-test"),
        ("predict --help", 0, "--weights"),
        ("list methods", 0, "mim_istd"),
        ("list datasets", 0, "nuaa"),
        ("list protocols", 0, "mim2024"),
        ("list metrics", 0, "nIoU"),
        ("list probes", 0, "latency"),
        ("list reporters", 0, "markdown"),
        ("data path nuaa", 0, "nuaa"),
        ("zoo list", 0, "mim_istd"),
        ("runn", 2, "did you mean 'run'?"),
    ],
)
def test_no_heavy_library_is_imported(line, code, shows):
    modules, printed = modules_after(line, code)
    assert shows in printed
    assert modules & HEAVY == set()


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("run --methods mim_itsd --dataset synth", 2, "did you mean 'mim_istd'?"),
        ("run --methods mim_istd --dataset nuua", 2, "did you mean 'nuaa'?"),
        ("run --methods mim_istd --dataset nuaa --protocol nativ", 2, "did you mean 'native'?"),
        ("train mim_itsd --dataset synth", 2, "did you mean 'mim_istd'?"),
        ("train mim_istd --dataset synth --protocol nativ", 2, "did you mean 'native'?"),
        ("zoo add mim_itsd --dataset synth", 2, "did you mean 'mim_istd'?"),
        ("predict x.png --method mim_itsd --out y", 2, "did you mean 'mim_istd'?"),
        ("export mim_itsd --out x.onnx", 2, "did you mean 'mim_istd'?"),
        ("probe --methods mim_itsd", 2, "did you mean 'mim_istd'?"),
        ("limits --methods mim_itsd", 2, "did you mean 'mim_istd'?"),
        ("reproduce fig5 --methods mim_itsd", 2, "did you mean 'mim_istd'?"),
        ("data check nuua", 2, "did you mean 'nuaa'?"),
        ("check nosuch", 2, "'nosuch' is neither a method nor an installed package"),
        ("verify nosuch", 2, "no record 'nosuch'"),
        ("compare nosuch nosuch", 2, "no record 'nosuch'"),
        ("report nosuch", 2, "no record 'nosuch'"),
        ("audit nosuch", 2, "nor is 'nosuch' a folder of score maps"),
        ("curves nosuch", 2, "nor is 'nosuch' a folder of score maps"),
        ("score nosuch --dataset synth", 1, "nosuch: no such folder"),
        ("sweep nosuch.py", 2, "nosuch.py does not exist"),
        ("leaderboard --out nosuch", 2, "nosuch: no such folder"),
    ],
)
def test_a_name_that_is_wrong_is_told_before_what_computes_is_imported(line, code, says):
    modules, printed = modules_after(line, code)
    assert says in printed
    assert modules & (HEAVY - {"numpy"}) == set()


def test_importing_the_package_imports_no_other_of_its_modules():
    command = "import sys, istdbench; print(*[name for name in sys.modules if name.startswith('istdbench')])"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"istdbench", "istdbench.errors"}
