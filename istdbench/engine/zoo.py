"""The zoo: weights that come with the package, an entry a folder, and how an entry is added.

`<data set>/<protocol>/<method>-seed<n>/` holds the weights, the record of their test, the learning curve (the
training's `log.csv`) and a model card, which `istdbench.reports.zoo` writes from the other three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pandas as pd
from safetensors import safe_open

from istdbench.config import validated
from istdbench.engine import weights
from istdbench.engine.device import check_device
from istdbench.engine.evaluate import count_images
from istdbench.engine.job import Job, make_job
from istdbench.engine.predict import trained_predictor
from istdbench.engine.progress import Track, silent
from istdbench.engine.recorded import read_record
from istdbench.engine.recording import metrics_info
from istdbench.engine.run import Outcome, Settings, run
from istdbench.engine.second_grid import second_grid, shown_to
from istdbench.engine.train import training_folder
from istdbench.engine.verify import TOLERANCE, on_every_grid, within
from istdbench.engine.weights import WEIGHTS, WeightsHeader, load_weights, save_weights, trained_path, zoo_path
from istdbench.errors import IstdbenchError, UsageError, WeightsError
from istdbench.files import atomic_write, sha256_file
from istdbench.protocols.protocol import Protocol
from istdbench.registry import PROBES
from istdbench.results import Record
from istdbench.spec import Spec

RECORD, CURVE, CARD = "record.json", "curve.csv", "README.md"
LARGEST = 8_000_000
"""Bytes that a weights' file of the zoo may have."""


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        record: of the test of these weights.
        protocol: the record's.
        curve: one row an epoch, as `istdbench.engine.train` logs them.
        precision: of the weights in their file; they are computed with in float32.
        size, sha256: of the weights' file, in bytes.
    """

    folder: Path
    record: Record
    protocol: Protocol
    curve: pd.DataFrame
    header: WeightsHeader
    precision: Literal["float16", "float32"]
    size: int
    sha256: str

    @property
    def key(self) -> str:
        """The folder under the zoo: `<data set>/<protocol>/<method>-seed<n>`."""
        return "/".join(self.folder.parts[-3:])


def entries() -> list[Entry]:
    """Every entry, by folder.

    Raises:
        IstdbenchError: a file of one is missing or damaged.
    """
    return [load_entry(folder) for folder in sorted(weights.ZOO.glob("*/*/*")) if folder.is_dir()]


def load_entry(folder: Path) -> Entry:
    """The entry in a folder.

    Raises:
        IstdbenchError: a file is missing or damaged.
    """
    path = folder / WEIGHTS
    header = load_weights(path)[1]
    try:
        curve = pd.read_csv(folder / CURVE)
    except (OSError, ValueError) as error:
        raise IstdbenchError(f"{folder / CURVE}: no learning curve ({error}); add the entry again") from error
    if curve.empty or not {"epoch", "loss"} <= set(curve):
        raise IstdbenchError(f"{folder / CURVE}: no learning curve (no epoch with its loss); add the entry again")
    record = read_record(folder / RECORD)
    return Entry(
        folder=folder,
        record=record,
        protocol=validated(Protocol, record.protocol.config, f"{folder / RECORD}: its protocol"),
        curve=curve,
        header=header,
        precision=_precision(path),
        size=path.stat().st_size,
        sha256=sha256_file(path),
    )


def add(
    method: Spec,
    dataset: Spec,
    protocol: str | None,
    seed: int,
    *,
    out: Path,
    device: str = "cpu",
    track: Track = silent,
) -> Outcome:
    """Put weights that were trained here into the zoo, all but their card, and record their test.

    They go in half precision where that changes no metric on the test part, on any grid, by more than `TOLERANCE`;
    else as they were trained.

    Args:
        out: folder of the leaderboards, which gets the record too.

    Returns:
        What came of the test, as of any run; where it failed, the zoo is as it was.

    Raises:
        UsageError: the method is not a learned one, the data set has options, or the device is not here.
        WeightsError: there are no weights or no log of the training here, or the weights are too large.
        DataError: the data are not here.
    """
    check_device(device)
    job = make_job(method, dataset, protocol, seed)
    if job.method.build is None:
        raise UsageError(f"method {job.method.name!r} is {job.method.kind}: it has no weights")
    if str(dataset) != dataset.name:
        raise UsageError(f"{dataset}: weights of the zoo are found by a data set's name alone; leave the options out")
    log = training_folder(job) / "log.csv"
    for path in (trained_path(job), log):
        if not path.is_file():
            raise WeightsError(
                f"{path}: no such file; train first, with `istdbench train {method} --dataset {dataset} "
                f"--protocol {job.protocol.name} --seed {seed}`"
            )
    kept = _smallest(job, device, track)
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / WEIGHTS
        atomic_write(path, kept)
        settings = Settings(
            out=out, force=True, weights=path, staged=True, probes=PROBES.names(), device=device, track=track
        )
        [outcome] = run([method], [dataset], protocol, [seed], settings)
    if outcome.record is not None:
        entry = zoo_path(job).parent
        atomic_write(entry / WEIGHTS, kept)
        atomic_write(entry / CURVE, log.read_bytes())
        atomic_write(entry / RECORD, outcome.record.to_json())
    return outcome


def _smallest(job: Job, device: str, track: Track) -> bytes:
    """The trained weights' file in half precision where that changes no metric, else as it is."""
    trained = trained_path(job)
    state, header = load_weights(trained)
    half = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    finite = all(bool(tensor.isfinite().all()) for tensor in half.values())
    with TemporaryDirectory() as scratch:
        halved = Path(scratch) / WEIGHTS
        save_weights(halved, half, header)
        unchanged = finite and _same_metrics(job, (trained, halved), device, track)
        data = (halved if unchanged else trained).read_bytes()
    if len(data) > LARGEST:
        why = "" if unchanged else f", since in half precision a metric changes by more than {TOLERANCE:.1%}"
        raise WeightsError(
            f"{trained}: {len(data) / 1e6:.1f} MB{why}; the zoo takes {LARGEST / 1e6:.0f} MB, so keep the file "
            "elsewhere and name it with `istdbench run --weights`"
        )
    return data


def _same_metrics(job: Job, files: Sequence[Path], device: str, track: Track) -> bool:
    """Whether two weights' files give the same metrics on the test part, within `TOLERANCE`."""
    then, now = (_metrics(job, path, device, track) for path in files)
    return all(within(TOLERANCE, then[name], now[name]) for name in then)


def _metrics(job: Job, path: Path, device: str, track: Track) -> dict[str, float]:
    second = second_grid(job)
    predict = trained_predictor(job, path, device, shown_to(second))[0]
    names = track(job.test_names, f"{job.spec}: compare precisions")
    counts = count_images(predict, job.dataset, names, job.protocol.scoring.threshold)
    return on_every_grid(metrics_info(counts, second_grid=second.result() if second else None))


def _precision(path: Path) -> Literal["float16", "float32"]:
    with safe_open(str(path), framework="pt") as file:
        kinds = {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 - not a dict
    return "float16" if "F16" in kinds else "float32"
