"""What every test shares: a home folder of its own, and the real data sets where a mirror holds them."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: tests are small, and two threads on a busy core crawl,
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # the more so where they spin in tests that ask for two

import pytest
import torch
from html_records import METHODS, Made
from scenes import write_scenes
from typer.testing import CliRunner

from istdbench.cli import app
from istdbench.datasets.irstd1k import irstd1k
from istdbench.datasets.istd_seq import istd_seq
from istdbench.datasets.nuaa import nuaa
from istdbench.datasets.nudt import nudt
from istdbench.datasets.pinned import fetch
from istdbench.datasets.sirst2 import sirst2
from istdbench.spec import parse_spec

MIRROR_BESIDE_CHECKOUT = Path(__file__).parents[2] / "shared" / "data"


def pytest_addoption(parser):
    parser.addoption("--device", choices=["cpu", "cuda"], default="cpu", help="what tests/ops runs on")


@pytest.fixture(scope="session", autouse=True)
def home():
    """ISTDBENCH_HOME of the whole run: a temporary folder, removed at the end, never the user's own."""
    with tempfile.TemporaryDirectory(prefix="istdbench-tests-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISTDBENCH_HOME", folder)
        yield Path(folder)


@pytest.fixture(autouse=True)
def threads():
    """No test may leave PyTorch with another number of threads: all that follow would crawl."""
    before = torch.get_num_threads()
    yield
    assert torch.get_num_threads() == before


@pytest.fixture(scope="session")
def real_data(home):
    """`real_data("nuaa")` is the data set, fetched from a mirror on first use; skips where there is no mirror, and
    where a mirror folder lacks files of those that not every one has room for."""
    mirror = os.environ.get("ISTDBENCH_MIRROR") or str(MIRROR_BESIDE_CHECKOUT)
    if not mirror.startswith("http") and not Path(mirror).is_dir():
        pytest.skip(f"no mirror of the real data: ISTDBENCH_MIRROR is not set and there is no folder {mirror}")
    datasets = {make.__name__: make() for make in (nuaa, irstd1k, nudt, sirst2)}
    datasets["istd_seq"] = istd_seq(parse_spec("istd_seq"))
    fetched = set()

    def get(name):
        if name not in fetched:
            lacking = [path for path in datasets[name].manifest.hashes if not Path(mirror, "github", path).is_file()]
            if name in ("sirst2", "istd_seq") and not mirror.startswith("http") and lacking:
                pytest.skip(f"the mirror {mirror} lacks {len(lacking)} files of {name}")
            fetch(datasets[name])
            fetched.add(name)
        return datasets[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISTDBENCH_MIRROR", mirror)
        yield get


@pytest.fixture(scope="session")
def istdbench():
    """Calls the command with a line of arguments; checks the exit code; gives the result with its output."""

    def call(line: str, code: int = 0):
        result = CliRunner().invoke(app, line.split())
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture(scope="session")
def made(tmp_path_factory, istdbench):
    """Records of the scenes, and the report of them with its plots."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        scenes = write_scenes(folder / "scenes")
        istdbench(f"run --methods {','.join(METHODS)} --dataset folder:{scenes} --probes none")
        istdbench("report --plots plots")
    return Made(folder)
