"""A process that ends in any way is told of in a sentence, and leaves nothing running."""

import os
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from istdbench.errors import IstdbenchError
from istdbench.runs.supervised import UNLIMITED, Limits, messages

MODULE = """
import json, os, signal, subprocess, sys, time

def hang():
    while True:
        time.sleep(0.01)

def start_another():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # holds standard output open
    print(json.dumps({"child": child.pid}), flush=True)

def take_memory():
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1 << 20) * 8))

def ignore():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hang()

ACTS = {
    "exits": lambda: os._exit(0),
    "faults": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "is killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hangs": hang,
    "ignores": ignore,
    "takes memory": take_memory,
    "leaves another": lambda: (start_another(), os._exit(3)),
}
request = json.loads(sys.stdin.readline())
print(json.dumps({"pid": os.getpid()}), flush=True)
ACTS[request["act"]]()
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    (tmp_path / "acts_oddly.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)


def is_gone(pid: int) -> bool:
    end = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize(
    ("act", "limits", "says"),
    [
        ("exits", UNLIMITED, "its process ended with exit code 0 before it was done"),
        ("faults", UNLIMITED, "its process was killed by SIGSEGV"),
        ("is killed", UNLIMITED, r"killed \(SIGKILL\), most likely for want of memory"),
        ("hangs", Limits(seconds=0.5), "not done after 0.5 s, its time limit"),
        ("ignores", Limits(seconds=0.5), "not done after 0.5 s, its time limit"),
        ("takes memory", Limits(memory=200_000_000), "GB of memory, and its limit is 0.20 GB"),
        ("leaves another", UNLIMITED, "its process ended with exit code 3"),
    ],
)
def test_each_end_is_a_sentence_and_nothing_is_left_running(act, limits, says):
    seen = {}
    with pytest.raises(IstdbenchError, match=says):
        for message in messages("acts_oddly", {"act": act}, limits):
            seen |= message
    assert all(is_gone(pid) for pid in seen.values())


def test_one_who_stops_listening_as_by_ctrl_c_ends_the_process():
    with closing(messages("acts_oddly", {"act": "ignores"}, UNLIMITED)) as told:
        pid = next(told)["pid"]
        assert psutil.pid_exists(pid)
    assert is_gone(pid)


def test_the_process_of_a_job_ends_when_its_starter_is_gone():
    code = (
        "import sys, time\nfrom threading import Thread\nfrom istdbench.runs.isolated_job import end_with\n"
        "Thread(target=end_with, args=(sys.stdin,), daemon=True).start()\ntime.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, env=os.environ)
    process.stdin.close()
    assert process.wait(120) == 1
