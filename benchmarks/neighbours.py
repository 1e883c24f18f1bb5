"""What other programs on the machine cost: one image through a network, alone and beside neighbours.

    python benchmarks/neighbours.py

A fresh process looks at the image again and again, by the libraries' own settings, with one thread, and by what the
command line chooses (`istdbench.threads`), which looks at the machine as each process starts. The neighbours are a
Python loop, and processes that look at the same image by the libraries' own settings. The median counts, since the
least would be of a moment when the neighbours paused; of several rounds, in which all take turns, the best one. Quote
the ratios, on a machine that is idle otherwise. With `--dry`, a small image beside a loop: a check that it runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from tabulate import tabulate

from istdbench.threads import CHOSEN, COUNTS, WAITS, choose_threads, thread_settings

DEFAULT, ONE, OURS = "the libraries' own", "one thread", "istdbench's choice"
LOOP = (sys.executable, "-c", "print(flush=True)\nwhile True: pass")


def look(options: argparse.Namespace) -> None:
    """Be the process that is timed, or a neighbour, which looks for ever."""
    if options.setting == OURS:
        choose_threads()
    import torch

    from istdbench.probes.measured import make_subject
    from istdbench.registry import METHODS

    method = METHODS.get(options.method)
    with torch.inference_mode():
        detect = make_subject(method, method.resolve({})).detector((options.size, options.size))
        print(flush=True)
        detect()
        times: list[float] = []
        while options.setting is None or not times or sum(times) < options.seconds:
            start = time.perf_counter()
            detect()
            times.append(time.perf_counter() - start)
    print(json.dumps({"seconds": median(times), "threads": torch.get_num_threads(), "settings": thread_settings()}))


def process(command: Sequence[str], **variables: str) -> subprocess.Popen[str]:
    """A process without settings of threads but those given, once it has said that it begins."""
    clean = {name: value for name, value in os.environ.items() if name not in (*COUNTS, *WAITS, CHOSEN)}
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean | variables)
    assert started.stdout is not None
    started.stdout.readline()
    return started


@contextmanager
def beside(commands: Sequence[Sequence[str]]) -> Iterator[None]:
    neighbours = [process(command) for command in commands]
    try:
        yield
    finally:
        for neighbour in neighbours:
            neighbour.kill()
            neighbour.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="baseline")
    parser.add_argument("--size", type=int, default=512, help="of the square image")
    parser.add_argument("--several", type=int, default=3, help="PyTorch processes in the last row")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each look")
    parser.add_argument("--dry", action="store_true", help="one tiny shape, one repeat: a check that the script runs")
    parser.add_argument("--look", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--setting", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.look:
        return look(options)
    if options.dry:
        options.size, options.rounds, options.seconds = 64, 1, 0.0
    image = ("--method", options.method, "--size", str(options.size), "--seconds", str(options.seconds))
    looking = (sys.executable, __file__, "--look", *image)
    rows = {
        "alone": [],
        "beside a Python loop": [LOOP],
        "beside a PyTorch process": [looking],
        f"beside {options.several} PyTorch processes": [looking] * options.several,
    }
    if options.dry:
        rows = {"beside a Python loop": [LOOP]}
    table = []
    for name, neighbours in rows.items():
        found = compare(looking, neighbours, options.rounds)
        base = found[ONE]["seconds"]
        cells = [f"{each['seconds'] * 1e3:.0f} ms, **{each['seconds'] / base:.2f} x**" for each in found.values()]
        table.append([name, *cells, found[OURS]["settings"] or "nothing"])
    print(tabulate(table, headers=("", *found, "which sets"), tablefmt="github"))


def compare(looking: Sequence[str], neighbours: Sequence[Sequence[str]], rounds: int) -> dict[str, dict]:
    """The best look of each setting."""
    looks: dict[str, list[dict]] = {DEFAULT: [], ONE: [], OURS: []}
    for _ in range(rounds):
        for setting, found in looks.items():
            with beside(neighbours):
                variables = {"OMP_NUM_THREADS": "1"} if setting == ONE else {}
                timed = process([*looking, "--setting", setting], **variables)
                found.append(json.loads(timed.communicate()[0]))
    return {setting: min(found, key=lambda each: each["seconds"]) for setting, found in looks.items()}


if __name__ == "__main__":
    main()
