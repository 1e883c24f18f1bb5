"""The sealed track: detection limits of a submission on scenes that nobody can have seen.

Scenes are `synth`'s, with exact truth. Their seed follows from the hash of the commit that brought the submission in
(`istdbench.results.sealed_record.sealed_seed`): it does not exist until the submission is closed, and afterwards
anybody computes it again. Version 1: backgrounds cloud and sea, five contrasts, three sizes; at each point the
threshold of a false-alarm rate of 1e-5 is chosen on 32 validation images, and Pd is measured on 32 others.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from istdbench.errors import UsageError
from istdbench.jobs.job import make_job
from istdbench.progress import Track, silent
from istdbench.results import Record
from istdbench.results.limit_point import LimitPoint
from istdbench.results.sealed_record import TRACK, SealedPoint, SealedRecord, sealed_seed
from istdbench.runs.isolation import is_apart, limits_apart
from istdbench.runs.limits import FA, detection_limits
from istdbench.runs.supervised import UNLIMITED, Limits
from istdbench.runs.to_record import provenance
from istdbench.spec import Spec
from istdbench.submissions.bundle import Bundle
from istdbench.submissions.merge_commit import check_commit
from istdbench.submissions.published_files import published
from istdbench.submissions.requirements import check_plugin

CLUTTERS = ("cloud", "sea")
SCRS = (1.0, 2.0, 3.0, 4.0, 6.0)
"""Local signal-to-clutter ratio of the targets, peak over standard deviation."""
SIGMAS = (0.7, 1.5, 3.0)
"""Standard deviation of the targets' spots, pixels."""
IMAGES = 32
PROTOCOL = "short512"
"""Of it only the split and the input of weights that do not say theirs enter."""


def measure_sealed(
    bundle: Bundle, commit: str, *, limits: Limits = UNLIMITED, device: str = "cpu", track: Track = silent
) -> SealedRecord:
    """Measure a submission on the scenes of the commit that brought it in.

    Args:
        limits: of the process that a plugin's method predicts in.

    Raises:
        UsageError: the commit is another, see `check_commit`; or score maps were handed in, and nothing can be run.
        IstdbenchError: the plugin is not here, or what was published is not there as it was.
    """
    record = bundle.record
    if record.predictions is not None:
        raise UsageError(
            f"{bundle.folder}: score maps were handed in, which say nothing of new scenes; hand in weights and plugin"
        )
    check_commit(commit, bundle.folder)
    check_plugin(bundle)
    seed = sealed_seed(commit)
    with published(bundle) as files:
        points = [
            SealedPoint.of(point, clutter)
            for clutter in CLUTTERS
            for point in _points(record, clutter, seed, files.weights, limits, device, track)
        ]
    return SealedRecord(
        track=TRACK,
        commit=commit,
        seed=seed,
        submission=bundle.name,
        author=bundle.form.signer.author,
        method=record.method.name,
        record=record.key,
        weights_sha256=None if record.weights is None else record.weights.sha256,
        fa=FA,
        images=IMAGES,
        points=tuple(points),
        provenance=provenance(device),
    )


def _points(
    record: Record, clutter: str, seed: int, weights: Path | None, limits: Limits, device: str, track: Track
) -> Iterable[LimitPoint]:
    """The points of one background."""
    scenes = Spec("synth", options={"n": IMAGES, "clutter": clutter, "seed": seed})
    job = make_job(record.method.spec, scenes, PROTOCOL, record.seed)
    if is_apart(job, None):
        return limits_apart(job, SCRS, SIGMAS, limits, fa=FA, weights=weights, device=device, track=track)
    return detection_limits(
        *(job.spec, scenes, SCRS, SIGMAS),
        fa=FA,
        protocol=PROTOCOL,
        weights=weights,
        seed=record.seed,
        device=device,
        track=track,
    )
