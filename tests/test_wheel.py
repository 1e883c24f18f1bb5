"""What a wheel would hold, by the package's own list of it. `tools/try_wheel` builds and tries the real one."""

import tomllib
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "istdbench"
LARGEST = 12_000_000
COMPILED = 1_000_000
"""Bytes of the shared libraries, and some more."""


def packed():
    """Every file that goes into a wheel, as setuptools takes them: modules, and what the patterns match."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["istdbench"]
    return {path for pattern in ["**/*.py", *patterns] for path in PACKAGE.glob(pattern) if path.is_file()}


def test_a_wheel_has_at_most_12_mb():
    wheel = BytesIO()
    with ZipFile(wheel, "w", ZIP_DEFLATED) as archive:
        for path in packed():
            archive.write(path)
    assert 9_000_000 < len(wheel.getvalue()) + COMPILED <= LARGEST


def test_a_wheel_has_the_weights_of_synth_alone_and_of_others_all_but_the_weights():
    zoo = {path for path in (PACKAGE / "zoo").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    left_out = zoo - packed()
    assert left_out == {path for path in zoo if path.suffix == ".safetensors" and "synth" not in path.parts}
    assert len(left_out) >= 6 and len([path for path in packed() if path.suffix == ".safetensors"]) == 3


def test_a_wheel_has_every_other_file_of_the_package_that_is_not_made_or_compiled():
    sources = {path for path in PACKAGE.rglob("*") if path.is_file() and PACKAGE / "zoo" not in path.parents}
    unpacked = {path.suffix for path in sources - packed() if "__pycache__" not in path.parts}
    assert unpacked <= {".c", ".h", ".so", ".inc"}
