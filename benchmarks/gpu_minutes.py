"""All that a GPU is wanted for, in one call, where one is lent for minutes: `python benchmarks/gpu_minutes.py`.

A list of slices, the shortest first: the cold start, tests on CUDA, tuning of the kernels, training beside BasicIRSTD's
loop, the scans beside those of mamba-ssm, latency and memory of every network, then a campaign (`--campaign FILE`)
with what is left. Each is a process with a limit of its own; what it prints stands at once in `OUT/report.txt`, what it
keeps in `OUT/kept.tar.gz` within seconds, so that nothing is lost when the machine goes. A slice that went well is
not done again: the next call on the same machine goes on, and `--slices` names those to do. Where PyTorch sees no GPU
it says so and ends. Exit code 1 where a slice failed or had no time.

It needs no network. `--wheels FOLDER` holds what the machine has not got: wheels (mmengine with addict, yapf and
termcolor, pydantic with pydantic-core, pooch with platformdirs), which are unpacked beside the results, not into the
machine's Python, and the source distribution of mamba-ssm, which is compiled meanwhile. istdbench is run from
this checkout; what it has in C is built where the machine's Python has it not.

`--dry` runs every slice on the CPU, as small as it gets: a check that they can be started.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

REPOSITORY = Path(__file__).parents[1]
NETWORKS = (
    "mim_istd,baseline,conv_inner,attention_inner,vim,localmamba,acm,alcnet,dnanet,fc3net,isnet,mdvsfa,mshnet,rpcanet,"
    "uiunet"
)
SIZES = (256, 512, 1024, 2048)
LOOKS = 5.0  # seconds between two looks at a slice, after each of which its results are packed
LEAST = 20.0  # seconds; a slice that had less would only start
UNLIMITED = 1e6
LEFT = "LEFT"  # stands in a command for the minutes that are left when it begins
KEPT = (".md", ".json", ".txt", ".log", ".csv", ".safetensors")  # kinds of files that are packed
LEFT_OUT = {"site", "mamba_ssm", "triton", "data", "checkpoints"}  # folders that are not
TUNED = REPOSITORY / "istdbench/ops/backends/triton/tuned.json"
PYTHON = sys.executable


@dataclass(frozen=True)
class Slice:
    """One part of the work: commands, one after the other, that share `limit` seconds.

    Attributes:
        after_build: it waits until mamba-ssm is built, or could not be.
    """

    name: str
    limit: float
    commands: list[list[str]]
    after_build: bool = False


@dataclass
class Session:
    """One call: where things are, and when it must be over."""

    out: Path
    work: Path
    dry: bool
    ends: float
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    build: subprocess.Popen[bytes] | None = None

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()

    def say(self, text: str) -> None:
        print(text, flush=True)
        with (self.out / "report.txt").open("a") as report:
            print(text, file=report)

    def noted(self) -> dict[str, dict[str, Any]]:
        """How each slice ended on this machine: in words as `told`, and whether it went `well`."""
        path = self.work / "slices.json"
        return json.loads(path.read_text()) if path.is_file() else {}

    def note(self, name: str, told: str, well: bool) -> None:
        noted = self.noted() | {name: {"told": told, "well": well}}
        (self.work / "slices.json").write_text(json.dumps(noted, indent=1) + "\n")

    def pack(self) -> None:
        """All results so far as one file, which takes the place of the last one when it is whole."""
        half = self.out / "kept.half"
        with tarfile.open(half, "w:gz") as archive:
            for path in sorted(self.work.rglob("*")):
                inside = path.relative_to(self.work)
                if path.suffix in KEPT and not LEFT_OUT & set(inside.parts):
                    archive.add(path, str(inside))
            archive.add(TUNED, TUNED.name)
        half.replace(self.out / "kept.tar.gz")


def slices(work: Path, dataset: str, campaign: Path | None, dry: bool) -> list[Slice]:
    """What there is to do, the shortest first."""
    device = ("--device", "cpu" if dry else "cuda")
    side_by_side = ["-n", "8"] if importlib.util.find_spec("xdist") else []  # most of their time is the compiler's

    def benchmark(name: str, *arguments: str) -> list[str]:
        return [PYTHON, str(REPOSITORY / "benchmarks" / f"{name}.py"), *arguments, *(["--dry"] if dry else [])]

    tested = ["tests/ops/test_orders.py"] if dry else ["tests/ops", "tests/training/test_on_cuda.py"]
    tests = [PYTHON, "-m", "pytest", "-v", "-p", "no:cacheprovider", *tested, *device, *([] if dry else side_by_side)]
    first = ("--methods", "mim_istd", "--dataset", dataset, "--force", *(["--probes", "none"] if dry else []))
    cold = verb("run", *first, *device, "--out", str(work / "cold"))
    probed = ("--methods", "acm" if dry else NETWORKS, *(["--probes", "latency"] if dry else []))
    costs = [
        verb("probe", *probed, "--size", str(size), *device, "--out", str(work / "leaderboards"))
        for size in ([64] if dry else SIZES)
    ]
    found = [
        Slice("cold", 90, [cold] if dry else [cold, cold]),  # the second finds the kernels compiled
        Slice("tests", 120, [tests]),
        Slice("tuning", 120, [benchmark("gpu_tune")]),
        Slice("training", 180, [benchmark("training_speed", "--seconds", "2", "--out", str(work / "training.md"))]),
        Slice("scans", 180, [benchmark("gpu", "--out", str(work / "gpu.md"))], after_build=True),
        Slice("costs", 300, costs),
    ]
    if campaign is not None:
        found.append(Slice("sweep", 540, [verb("sweep", str(campaign), *device, "--minutes", LEFT)]))
    return [replace(part, limit=UNLIMITED) for part in found] if dry else found


def verb(name: str, *arguments: str) -> list[str]:
    return [PYTHON, "-m", "istdbench", name, *arguments]


def prepare(session: Session, wheels: Path | None) -> None:
    """What the slices import: carried wheels, this checkout with what it has in C, mamba-ssm in the background."""
    site, mamba = session.work / "site", session.work / "mamba_ssm"
    found = sorted(wheels.glob("*.whl")) if wheels else []
    if found and not site.is_dir():
        install = [PYTHON, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-compile"]
        if fault := call(session, [*install, "--target", str(site), *map(str, found)]):
            raise SystemExit(
                f"{wheels}: pip could not unpack these wheels ({fault}); {session.out}/report.txt says why"
            )
    paths = [str(REPOSITORY), str(mamba), str(site), session.environment.get("PYTHONPATH", "")]
    session.environment |= {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONUNBUFFERED": "1",
        "ISTDBENCH_HOME": session.environment.get("ISTDBENCH_HOME", str(session.work / "home")),
        "TRITON_CACHE_DIR": str(session.work / "triton"),  # an empty one: the cold start is cold
    }
    if not list(REPOSITORY.glob(f"istdbench/ops/backends/c/_scan{sysconfig.get_config_var('EXT_SUFFIX')}")):
        # egg_info gives records the version of istdbench
        call(session, [PYTHON, "setup.py", "-q", "egg_info", "build_ext", "--inplace"])
    sdist = next(iter(sorted(wheels.glob("mamba_ssm-*.tar.gz"))), None) if wheels else None
    if sdist and not mamba.is_dir() and not session.dry:
        build = [PYTHON, str(REPOSITORY / "benchmarks/build_mamba_ssm.py"), "--sdist", str(sdist), "--into", str(mamba)]
        with (session.work / "build.log").open("w") as log:
            session.build = start(session, build, log)


def start(session: Session, command: Sequence[str], output: IO[Any]) -> subprocess.Popen[bytes]:
    """A command in the checkout, with all that it starts one group, which can be ended together."""
    environment = session.environment
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=output, stderr=output, process_group=0)


def call(session: Session, command: Sequence[str], seconds: float = 120.0) -> str:
    """Run a command with its output in the report, packing results meanwhile; how it ended, "" for well."""
    began = time.monotonic()
    with (session.out / "report.txt").open("ab") as report:
        process = start(session, command, report)
        while True:
            rest = seconds - (time.monotonic() - began)
            try:
                code = process.wait(min(LOOKS, max(rest, 0)))
                break
            except subprocess.TimeoutExpired:
                if rest <= LOOKS:
                    code = end(process)
                    break
                session.pack()
    took = time.monotonic() - began
    if took >= seconds:
        return f"ended after {took:.0f} s, its limit"
    return "" if code == 0 else f"exit code {code}"


def end(process: subprocess.Popen[bytes]) -> int:
    """End a process that this call began, with all that it began."""
    os.killpg(process.pid, 15)
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        return process.wait()


def run(session: Session, part: Slice) -> bool:
    """One slice, as far as the time that is left allows; whether all of it went well."""
    if part.after_build and session.build is not None:
        try:
            session.build.wait(max(session.left - LEAST, 0))
        except subprocess.TimeoutExpired:
            session.say(f"## {part.name}: mamba-ssm is not built yet; call again")
            return False
    limit = min(part.limit, session.left)
    if limit < min(LEAST, part.limit):
        session.say(f"## {part.name}: no time left; call again")
        return False
    session.say(f"\n## {part.name}\n")
    began = time.monotonic()
    how, well = [], True
    for command in part.commands:
        now = time.monotonic()
        command = [f"{max(session.left - LEAST, 0) / 60:.1f}" if word == LEFT else word for word in command]
        fault = call(session, command, limit - (now - began))
        how.append(fault or f"{time.monotonic() - now:.1f} s")
        well = well and not fault
    told = "; ".join(how)
    session.note(part.name, told, well)
    session.pack()
    session.say(f"\n-- {part.name}: {told}")
    return well


def left_over(session: Session, parts: Sequence[Slice]) -> list[str]:
    """The names of the slices that have not gone well on this machine."""
    noted = session.noted()
    return [part.name for part in parts if part.name not in noted or not noted[part.name]["well"]]


def describe(session: Session) -> str:
    """The device in words, by a process of its own, so that this one holds no memory there; "" where there is none."""
    code = (
        "import torch; there = torch.cuda.is_available(); "
        "print(torch.cuda.get_device_name() if there else '', '; PyTorch', torch.__version__, torch.version.cuda)"
    )
    told = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, env=session.environment).stdout.strip()
    return "" if told.startswith(";") else told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=9.0, help="after which all is over, whatever is left")
    parser.add_argument("--out", type=Path, default=os.environ.get("OUT") or "gpu_minutes", help="default: $OUT")
    parser.add_argument(
        "--work", type=Path, default=REPOSITORY / "build/gpu_minutes", help="kept between calls on one machine"
    )
    parser.add_argument("--wheels", type=Path, help="folder of wheels, and of mamba-ssm's source distribution")
    parser.add_argument("--campaign", type=Path, help="file of `istdbench sweep`, which gets the rest of the time")
    parser.add_argument("--dataset", default="synth:n=4", help="of the cold start; one of ISTDBENCH_HOME")
    parser.add_argument("--slices", help="names to do, comma-separated, done or not; default: all that are not done")
    parser.add_argument("--dry", action="store_true", help="every slice on the CPU, as small as it gets")
    options = parser.parse_args()
    session = Session(
        Path(options.out).resolve(), options.work.resolve(), options.dry, time.monotonic() + 60 * options.minutes
    )
    for folder in (session.out, session.work):
        folder.mkdir(parents=True, exist_ok=True)
    prepare(session, options.wheels.resolve() if options.wheels else None)
    if not (device := "CPU, a dry run" if session.dry else describe(session)):
        raise SystemExit("no CUDA device that PyTorch can use; --dry checks on the CPU that the slices start")
    session.say(f"# {device}; Python {sys.version.split()[0]}; {time.strftime('%Y-%m-%d %H:%M')}")
    campaign = options.campaign.resolve() if options.campaign else None
    parts = slices(session.work, options.dataset, campaign, session.dry)
    chosen = options.slices.split(",") if options.slices else left_over(session, parts)
    if unknown := set(chosen) - {part.name for part in parts}:
        raise SystemExit(f"no slice {sorted(unknown)[0]!r}; there are: {', '.join(part.name for part in parts)}")
    well = [run(session, part) for part in parts if part.name in chosen]
    if session.build is not None and session.build.poll() is None:
        end(session.build)
    session.pack()
    if not all(well):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
