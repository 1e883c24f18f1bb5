"""Whether the number of a bundle comes out: what `istdbench submission check` and the workflow of pull requests do.

Called where the method's plugin is installed. It tells an error, an exaggeration and what cannot be made again from an
honest number. It does not tell a plugin that reads the masks: whoever merges reads its code.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from istdbench.config import ENDINGS
from istdbench.errors import DataError, IstdbenchError, UsageError, WeightsError
from istdbench.jobs.job import Job
from istdbench.jobs.weights import WeightsFile
from istdbench.probes.runner import run_probe
from istdbench.progress import Track, silent
from istdbench.protocols.changes import split_name
from istdbench.protocols.protocol import load_protocol
from istdbench.registry import BUILT_IN, DATASETS, PROBES, joined
from istdbench.results import Record, Store
from istdbench.runs.from_predictions import About, refuse_others
from istdbench.runs.from_record import recorded_job
from istdbench.runs.run import PROBE_SIZE
from istdbench.runs.supervised import UNLIMITED, Limits
from istdbench.runs.to_record import weights_info
from istdbench.runs.verify import Verification, verify
from istdbench.scoring.maps import find_maps, hash_of_maps
from istdbench.submissions.bundle import FORM, Bundle, handed_in
from istdbench.submissions.published_files import published
from istdbench.submissions.requirements import check_plugin


def check_bundle(
    bundle: Bundle, recorded: Store, *, limits: Limits = UNLIMITED, device: str = "cpu", track: Track = silent
) -> Verification:
    """Make the number of a bundle again, from what its sender published.

    Args:
        recorded: the records of the leaderboards that it is to stand in.
        limits: of the process that a plugin's method predicts in.

    Returns:
        What came of it: reproduced.

    Raises:
        IstdbenchError: a sentence that names the file and the fix, of the first thing that is wrong.
    """
    record, path = bundle.record, bundle.folder
    with _named(path):
        check_public(record)
        if record.predictions is None:
            check_plugin(bundle)
        job = recorded_job(record)
        _check_new(bundle, job, recorded)
        with published(bundle) as files:
            url = str(path) if bundle.form.url is None else f"{path / FORM}: url {bundle.form.url}"
            if files.weights is not None:
                _check_weights(record, WeightsFile(files.weights, "file"), job, url)
            if files.maps is not None:
                _check_maps(record, files.maps, job, url)
            result = verify(
                bundle.store, record, weights=files.weights, maps=files.maps, device=device, apart=limits, track=track
            )
        if not result.reproduced:
            raise DataError(_difference(result))
        if record.predictions is None:
            _check_costs(record, job)
    return result


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Refusals inside the block name the bundle."""
    try:
        yield
    except IstdbenchError as error:
        if str(folder) in str(error):
            raise
        kind = UsageError if isinstance(error, UsageError) else DataError
        raise kind(f"{folder}: {error}") from error


def check_public(record: Record) -> None:
    """Refuse a record of what not everybody has: another's folder, or a protocol of one's own.

    Raises:
        UsageError: as said, or there is no such data set or protocol.
        DataError: the protocol is another here.
    """
    known = [name for name in DATASETS.names() if DATASETS.origin(name) == BUILT_IN and name != "folder"]
    if strange := [name for name in joined(record.dataset.spec.name) if name not in known]:
        raise UsageError(
            f"{record.path}: data set {', '.join(strange)} does not come with istdbench, so that nobody else has it; "
            f"submit a result on one of {', '.join(known)}, or add the data set first (CONTRIBUTING.md)"
        )
    name = record.protocol.name
    if split_name(name)[0].endswith(ENDINGS):
        raise UsageError(f"{record.path}: protocol {name} is a file, which is not read; use a protocol of istdbench")
    here = load_protocol(name, record.dataset.name)
    if here.hash != record.protocol.hash:
        raise DataError(
            f"{record.path}: protocol {name} has hash {record.protocol.hash[:12]}… there and {here.hash[:12]}… here, "
            "so that its numbers are of other rules; run again by this version of istdbench"
        )


def _check_new(bundle: Bundle, job: Job, recorded: Store) -> None:
    """Refuse what stands in the leaderboards already, or would look there like something else."""
    record = bundle.record
    there = recorded.find(record.key)
    if there is not None and (there.submission is None or there.submission.bundle != bundle.name):
        told = f"{recorded.root / there.path} is the same run"
        if handed_in(there) != record:
            raise UsageError(f"{told}; nothing is to be handed in")
        warnings.warn(f"{told}, as where you made it; once it is committed, nothing is to be handed in", stacklevel=2)
    if record.predictions is not None:
        About(record.method.spec, url=record.method.paper, seed=record.seed)
        refuse_others(recorded, job, record.predictions)


def _check_weights(record: Record, weights: WeightsFile, job: Job, where: str) -> None:
    """Refuse a record that says of its weights what their file does not say."""
    assert record.weights is not None, "weights were fetched for the record's"
    try:
        found = weights_info(weights, job)
    except WeightsError as error:
        raise WeightsError(f"{where}: {str(error).replace(str(weights.path), 'FILE')}") from error
    if (found.training, found.input) != (record.weights.training, record.weights.input):
        raise DataError(
            f"{where}: the file says otherwise of its training or its input than the record; restore the record, or "
            "submit it again"
        )


def _check_maps(record: Record, folder: Path, job: Job, where: str) -> None:
    """Refuse other maps than those that were scored, wherever these may still lie."""
    assert record.predictions is not None, "maps were fetched for the record's"
    try:
        found = hash_of_maps(find_maps(folder, job.test_names))
    except DataError as error:
        raise DataError(f"{where}: {str(error).replace(str(folder), 'the archive')}") from error
    if found != record.predictions.sha256:
        raise DataError(
            f"{where}: the maps in the archive are not those that were scored; put these there, or score what is there "
            "and submit that"
        )


def _check_costs(record: Record, job: Job) -> None:
    """Refuse parameters and multiply-accumulates that the method has not got."""
    for name, stated in record.probes.items():
        found = run_probe(PROBES.get(name), job.method, job.options, PROBE_SIZE)
        for value, told in stated.items():
            here = found.get(value)
            same = here == told or (
                isinstance(here, float) and isinstance(told, float) and math.isclose(here, told, rel_tol=1e-9)
            )
            if not same:
                raise DataError(f"{value} is {told} in the record, and {here} here; mend the record")


def _difference(result: Verification) -> str:
    """How a number differs, and what to do."""
    metrics = ", ".join(f"{name} {then:.6g} -> {now:.6g}" for name, (then, now) in result.metrics.items())
    images = f"{len(result.images)} of {result.record.dataset.images} images differ"
    first = next(iter(result.images), "")
    return (
        f"the number does not come out ({metrics or 'no metric'}; {images}, such as {first}); run the record again "
        "with what is published, and submit that"
    )
