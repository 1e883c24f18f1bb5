"""The record of a method that was run elsewhere, made from a folder of its score maps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.jobs.job import Job
from istdbench.methods.predicted import Predicted
from istdbench.progress import Track, silent
from istdbench.protocols.protocol import load_protocol
from istdbench.registry import METHODS, build_dataset
from istdbench.results import PredictionsInfo, Record, Store
from istdbench.runs import to_record
from istdbench.scoring.image_counts import score_job
from istdbench.scoring.kept_maps import maps_of_folder
from istdbench.scoring.loop import Maps
from istdbench.scoring.maps import hash_of_maps, stored_maps
from istdbench.scoring.reading import BY_TYPE, Reading
from istdbench.spec import Spec, check_name


@dataclass(frozen=True)
class About:
    """What the authors of a method say of it.

    Attributes:
        name: which it has in leaderboards; not that of a registered method.
        parameters: how many the network has.
        gmacs: multiply-accumulates of an image, in units of 1e9.
        url: of a paper, or of the code.
        seed: of its training.

    Raises:
        UsageError: the name is that of a registered method, or a number is none.
    """

    name: Spec
    parameters: float | None = None
    gmacs: float | None = None
    url: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        check_name(self.name.name, f"--name {self.name.name!r}")
        if self.name.name in METHODS.names():
            raise UsageError(
                f"--name {self.name}: a method of this name is registered, and the row would look as if it had been "
                f"run; take another, such as {self.name.name}_by_us"
            )
        for option, value in (("params", self.parameters), ("gmacs", self.gmacs)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise UsageError(f"--{option} {value:g}: a number of at least 0 is needed")

    @property
    def probes(self) -> dict[str, dict[str, int | float | str]]:
        """What stands where probes measure others."""
        found: dict[str, dict[str, int | float | str]] = {}
        if self.parameters is not None:
            found["parameters"] = {"parameters": round(self.parameters)}
        if self.gmacs is not None:
            found["flops"] = {"gmacs": self.gmacs}
        return found


def record_predictions(
    folder: Path,
    dataset: Spec,
    about: About,
    store: Store,
    *,
    protocol: str | None = None,
    reading: Reading = BY_TYPE,
    track: Track = silent,
) -> Record:
    """Score a folder of score maps by a protocol and save the record.

    Args:
        protocol: its name or file, which says split, part, threshold and grids; None takes the data set's default.
        reading: how the maps are read, see `istdbench.scoring.reading`.

    Returns:
        The record as it is stored; one over the same maps is replaced.

    Raises:
        UsageError: an unknown data set or protocol, or the store has other maps of this name and seed.
        DataError: the data or a map is missing, or the maps are not what they are read as.
        IstdbenchError: the record could not be written.
    """
    built = build_dataset(dataset)
    rules = load_protocol(protocol or built.default_protocol, dataset.name)
    method = Predicted(name=about.name.name, summary="", paper=about.url)
    job = Job(method, about.name, method.resolve(about.name.options), built, rules, about.seed)
    maps = maps_of_folder(folder, job.test_names, built)
    sizes = _Sizes()
    counts = score_job(job, stored_maps(maps, reading), sizes, track=track, doing="score")
    counts[0].warn_of_odd_maps()
    predictions = PredictionsInfo(
        sha256=hash_of_maps(maps),
        folder=str(folder),
        scale=reading.scale,
        resize=reading.resize if sizes.differ else None,
    )
    refuse_others(store, job, predictions)
    record = Record(
        method=to_record.method_info(job),
        weights=None,
        predictions=predictions,
        dataset=to_record.dataset_info(job),
        protocol=to_record.protocol_info(job),
        metrics=to_record.metrics_info(counts, built),
        seed=job.seed,
        probes=about.probes,
        provenance=to_record.provenance("cpu"),
    )
    return store.load(store.save(record, to_record.count_rows(counts[0])))


class _Sizes:
    """Whether any map has another size than its image: that it may be stretched is said where it was."""

    differ = False

    def take(self, sample: Sample, maps: Maps) -> None:
        self.differ |= maps.raw.shape != maps.score.shape


def refuse_others(store: Store, job: Job, predictions: PredictionsInfo) -> None:
    """Refuse maps where a store has others of their name and seed: two such rows could not be told apart.

    Raises:
        UsageError: it has; the message names the record.
    """
    for other in store.of(dataset=job.dataset.name, protocol=job.protocol.name, seed=job.seed):
        same_name = (other.method.name, other.protocol.hash) == (str(job.spec), job.protocol.hash)
        if same_name and (other.predictions is None or other.predictions.identity != predictions.identity):
            raise UsageError(
                f"{store.root / other.path}: {job.spec} is recorded with seed {job.seed} over other maps, or maps read "
                "otherwise; choose another --name or --seed, or delete that record"
            )
