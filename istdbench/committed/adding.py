"""How weights that were trained here become an entry of the zoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from istdbench.committed.entry import CURVE, RECORD, REPLACED, Entry, locked_zoo, refuse_installed
from istdbench.errors import UsageError, WeightsError
from istdbench.files import atomic_write, remove_leftovers, temporary_beside
from istdbench.jobs import zoo_files
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.leaks import refuse_overlap
from istdbench.jobs.weights import (
    WeightsFile,
    has_header,
    load_weights,
    read_header,
    save_weights,
    trained_path,
    zoo_entry,
)
from istdbench.jobs.zoo_files import LARGEST, WEIGHTS
from istdbench.progress import Track, silent
from istdbench.registry import PROBES
from istdbench.runs.run import Outcome, Runner, Settings
from istdbench.runs.to_record import metrics_info
from istdbench.runs.verify import TOLERANCE, on_every_grid, within
from istdbench.scoring.image_counts import score_job
from istdbench.scoring.predictors import job_predictor
from istdbench.spec import Spec
from istdbench.training.logs import training_folder


def add(
    method: Spec,
    dataset: Spec,
    protocol: str | None,
    seed: int,
    *,
    out: Path,
    because: str | None = None,
    device: str = "cpu",
    track: Track = silent,
) -> Outcome:
    """Put weights that were trained here into the zoo, all but their card, and record their test.

    They go in half precision where that changes no metric on the test part, on any grid, by more than `TOLERANCE`;
    else as they were trained.

    Args:
        out: folder of the leaderboards, which gets the record too.
        because: where another training stands in the zoo, why this one is worth its bytes, which the history of the
            repository keeps for good; the card says it.

    Returns:
        What came of the test, as of any run; where it failed, the zoo is as it was.

    Raises:
        UsageError: the method is not a learned one, the data set has options, the device is not here, the package is
            not a checkout, or `because` is missing, is not wanted, or is no line of text.
        WeightsError: there are no weights or no log of the training here, the weights are too large, or they were
            trained on images of the test part.
        DataError: the data are not here.
    """
    check_device(device)
    refuse_installed()
    job = make_job(method, dataset, protocol, seed)
    job.learned("it has no weights")
    if str(dataset) != dataset.name:
        raise UsageError(f"{dataset}: weights of the zoo are found by a data set's name alone; leave the options out")
    log = training_folder(job) / "log.csv"
    for path in (trained_path(job), log):
        if not path.is_file():
            raise WeightsError(
                f"{path}: no such file; train first, with `istdbench train {method} --dataset {dataset} "
                f"--protocol {job.protocol.typed} --seed {seed} --no-score`"
            )
    refuse_overlap(job, trained_path(job), track)
    entry = Entry(zoo_files.ZOO / zoo_entry(job))
    replaced = _replaced(entry, trained_path(job), because)
    kept = _smallest(job, device, track)
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / WEIGHTS
        atomic_write(path, kept)
        weights = WeightsFile(path, "zoo")  # on their way there
        settings = Settings(out=out, force=True, probes=PROBES.names(), device=device, track=track)
        outcome = Runner(settings).attempt(job, weights)
    if outcome.record is not None:
        contents: dict[str, bytes | str] = {WEIGHTS: kept, CURVE: log.read_bytes(), RECORD: outcome.record.to_json()}
        if replaced:
            contents[REPLACED] = replaced
        _place(entry.folder, contents)
    return outcome


def _replaced(entry: Entry, trained: Path, because: str | None) -> str:
    """What `replaced.txt` of the new entry holds; "" where nothing was replaced so far."""
    before = "".join(f"{sha256}  {why}\n" for sha256, why in entry.replaced)
    if not has_header(entry.weights) or read_header(entry.weights) == read_header(trained):
        if because is not None:
            raise UsageError(f"--because: no other training stands at {entry.folder}; leave it out")
        return before
    if because is None:
        raise UsageError(
            f"{entry.folder}: weights of another training stand here, and the history of the repository will keep both "
            f"({entry.size / 1e6:.1f} MB); say with --because what the new ones are worth, or leave the old"
        )
    if not because.strip() or not because.isprintable():
        raise UsageError("--because: a line of text, such as 'IoU 0.72 -> 0.76 by 4,800 steps more'")
    return f"{before}{entry.sha256}  {because.strip()}\n"


def _place(entry: Path, contents: Mapping[str, bytes | str]) -> None:
    """Make an entry of files by their names, in the place of an older one: nobody ever sees a part of it."""
    with locked_zoo():
        made, old = temporary_beside(entry), temporary_beside(entry)
        try:
            for name, content in contents.items():
                atomic_write(made / name, content)
            if entry.is_dir():
                entry.rename(old)
            made.rename(entry)
        except OSError:
            if old.is_dir():
                old.rename(entry)
            raise
        finally:
            remove_leftovers(entry.parent)


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
    grids = score_job(job, job_predictor(job, path, device), track=track, doing="compare precisions")
    return on_every_grid(metrics_info(grids, job.dataset))
