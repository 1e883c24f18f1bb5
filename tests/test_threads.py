"""How many threads there are and how they wait: by the cores that are allowed and free, unless the user said it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from istdbench import threads
from istdbench.threads import CHOSEN, COUNTS, WAITS, allowed_cores, choose_threads, thread_settings, unchoose_threads

LINUX = pytest.mark.skipif(not threads.STAT.is_file(), reason="only Linux tells of cores and of what runs")
SPINS = "GOMP_SPINCOUNT=20000 by istdbench"
SLEEPS = "OMP_WAIT_POLICY=PASSIVE by istdbench"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of cores and quotas as told; PyTorch is not imported, and nothing is set."""
    for name in (*COUNTS, *WAITS, CHOSEN):
        monkeypatch.setenv(name, "")  # so that it is as before at the end
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(threads, "PAUSE", 0)
    for name in ("STAT", "CGROUP", "MOUNT", "CPUS"):
        monkeypatch.setattr(threads, name, tmp_path / name)

    def build(cores=4, running=0, groups="", limits=(), siblings=1, affinity=None):
        """`running` beside this task; files of `limits` lie in the mount; `siblings` CPUs share each core."""
        threads.STAT.write_text(f"cpu  1 2 3\nprocs_running {running + 1}\nprocs_blocked 0\n")
        threads.CGROUP.write_text(groups)
        for cpu in range(cores * siblings):
            core = threads.CPUS / f"cpu{cpu}/topology/core_cpus_list"
            core.parent.mkdir(parents=True)
            core.write_text(f"{cpu % cores},{cpu % cores + cores}\n" if siblings == 2 else f"{cpu}\n")
        for path, text in limits:
            (threads.MOUNT / path).parent.mkdir(parents=True, exist_ok=True)
            (threads.MOUNT / path).write_text(text)
        given = set(range(cores * siblings)) if affinity is None else affinity
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: given, raising=False)

    return build


def chosen():
    choose_threads()
    return thread_settings()


def test_threads_spin_where_each_finds_a_free_core_and_sleep_where_one_does_not(machine):
    machine(cores=4, running=0)
    assert chosen() == SPINS
    unchoose_threads()
    threads.STAT.write_text("procs_running 2\n")
    assert chosen() == SLEEPS


@pytest.mark.parametrize(("running", "settings"), [(12, SPINS), (13, SLEEPS)])
def test_what_runs_makes_room_as_far_as_there_are_other_cores(machine, running, settings):
    machine(cores=16, running=running, affinity={0, 1, 2, 3})
    assert chosen() == settings


def test_two_cpus_of_one_core_are_one(machine):
    machine(cores=2, siblings=2)
    assert allowed_cores() == 2


def test_a_task_that_runs_for_a_moment_is_passed_over(machine, monkeypatch):
    machine(cores=2)
    looks = iter([1, 3, 1, 9, 1])
    read = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda path: f"procs_running {next(looks)}" if path == threads.STAT else read(path)
    )
    assert chosen() == SPINS


@pytest.mark.parametrize(
    ("groups", "limits", "cores"),
    [
        ("0::/\n", [("cpu.max", "max 100000\n")], 8),
        ("0::/\n", [("cpu.max", "250000 100000\n")], 2),
        ("0::/\n", [("cpu.max", "50000 100000\n")], 1),
        ("0::/pod/box\n", [("pod/box/cpu.max", "max 100000\n"), ("pod/cpu.max", "300000 100000\n")], 3),
        ("0::/seen/from/outside\n", [("cpu.max", "200000 100000\n")], 2),
        (
            "9:memory:/a\n4:cpu,cpuacct:/job\n0::/\n",
            [("cpu,cpuacct/job/cpu.cfs_quota_us", "400000\n"), ("cpu,cpuacct/job/cpu.cfs_period_us", "100000\n")],
            4,
        ),
        (
            "4:cpu:/\n",
            [("cpu/cpu.cfs_quota_us", "-1\n"), ("cpu/cpu.cfs_period_us", "100000\n")],
            8,
        ),
    ],
)
def test_a_quota_of_either_version_limits_the_cores_and_so_the_threads(machine, groups, limits, cores):
    machine(cores=8, groups=groups, limits=limits)
    assert allowed_cores() == cores
    assert ("OMP_NUM_THREADS" in chosen()) is (cores < 8)
    assert os.environ.get("OMP_NUM_THREADS", "8") == str(cores)


@pytest.mark.parametrize(
    ("variable", "value", "settings"),
    [
        ("OMP_NUM_THREADS", "2", f"OMP_NUM_THREADS=2 by the user, {SPINS}"),
        ("OMP_NUM_THREADS", "3", f"OMP_NUM_THREADS=3 by the user, {SLEEPS}"),
        ("OMP_NUM_THREADS", "1", "OMP_NUM_THREADS=1 by the user"),
        ("OMP_NUM_THREADS", "3,2", f"OMP_NUM_THREADS=3,2 by the user, {SLEEPS}"),
        ("MKL_NUM_THREADS", "4", f"MKL_NUM_THREADS=4 by the user, {SLEEPS}"),
        ("OMP_WAIT_POLICY", "ACTIVE", "OMP_NUM_THREADS=3 by istdbench, OMP_WAIT_POLICY=ACTIVE by the user"),
        ("GOMP_SPINCOUNT", "7", "OMP_NUM_THREADS=3 by istdbench, GOMP_SPINCOUNT=7 by the user"),
        ("KMP_BLOCKTIME", "0", "OMP_NUM_THREADS=3 by istdbench, KMP_BLOCKTIME=0 by the user"),
    ],
)
def test_what_the_user_set_wins(machine, monkeypatch, variable, value, settings):
    machine(cores=4, running=2, groups="0::/\n", limits=[("cpu.max", "300000 100000\n")])
    monkeypatch.setenv(variable, value)
    assert chosen() == settings


def test_once_pytorch_is_imported_nothing_is_set(machine, monkeypatch):
    machine()
    monkeypatch.setitem(sys.modules, "torch", object())
    assert chosen() == ""


def test_where_the_system_tells_nothing_nothing_is_set(machine):
    assert chosen() == ""


def test_a_child_knows_who_set_what_it_inherits_and_chooses_nothing_else(machine):
    machine()
    assert chosen() == SPINS
    threads.STAT.write_text("procs_running 4\n")
    assert chosen() == SPINS
    unchoose_threads()
    assert thread_settings() == "" and CHOSEN not in os.environ


SHOW = "import os; print({name: os.environ[name] for name in %r if name in os.environ})"


@LINUX
def test_the_package_sets_nothing_and_the_command_line_does_before_pytorch():
    names = (*COUNTS, *WAITS, CHOSEN)
    clean = {name: value for name, value in os.environ.items() if name not in names}
    library = f"import istdbench; istdbench.METHODS.names(); {SHOW % (names,)}"
    found = subprocess.run([sys.executable, "-c", library], env=clean, capture_output=True, text=True, check=True)
    assert found.stdout == "{}\n"
    told = subprocess.run(
        [sys.executable, "-m", "istdbench", "doctor"],
        env=clean | {"MKL_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "\nthreads: 2\nthread settings: MKL_NUM_THREADS=2 by the user" in told
    if allowed_cores() > 1:
        assert f", {SPINS}\n" in told or f", {SLEEPS}\n" in told
