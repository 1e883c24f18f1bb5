"""Makes claims again: authors' weights under the authors' rule, and under the protocol that all methods share."""

from __future__ import annotations

from functools import cached_property
from time import process_time

from istdbench.claims.claim_record import ClaimRecord, Trial
from istdbench.claims.claimed import Claimed
from istdbench.claims.tolerance import verdicts
from istdbench.claims.trials import ByRule, Others
from istdbench.datasets.dataset import Sample
from istdbench.importing.released_weights import released_weights
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.leaks import test_images_trained_on
from istdbench.jobs.weights import WeightsFile
from istdbench.probes.runner import run_probe
from istdbench.progress import Track, silent
from istdbench.registry import PROBES
from istdbench.released.release import Images, Release
from istdbench.results import Record, Store
from istdbench.runs import to_record
from istdbench.runs.job_counts import JobCounts
from istdbench.scoring.image_counts import Counts, metric_values, score_job
from istdbench.scoring.loop import Collector, Maps, Predictor, score_images
from istdbench.scoring.predictors import job_predictor
from istdbench.spec import parse_spec

PROBED = ("parameters", "flops")
"""Of the records under the common protocol; how fast a method is, the page on efficiency says."""
PROBE_SIZE = (512, 512)
OF_THE_SPLIT = {"IoU", "nIoU"}
"""Metrics that are missed on other images than those of the claim, so that other splits are tried."""


class Bench:
    """A release on one data set. An image is predicted once, however many claims and rules look at its map.

    Attributes:
        job: under the common protocol, which is the data set's own: official split, native grid.
    """

    def __init__(self, release: Release, dataset: str, device: str = "cpu", track: Track = silent) -> None:
        """Fetch the weights where they are not here.

        Raises:
            DataError: weights or data are not here, and the weights cannot be fetched.
            WeightsError: the weights do not fit the network.
        """
        self.release, self.device, self.track = release, device, track
        self.job = make_job(release.spec, parse_spec(dataset), None)
        self.job.dataset.splits()  # tells that the data are not here before the weights are fetched
        weights = released_weights(release)
        self._weights = WeightsFile(weights, "released")
        self._predict = _remembered(job_predictor(self.job, weights, device, track))

    def claim(self, claimed: Claimed) -> ClaimRecord:
        """Score a claim by its authors' rule and, where a value does not come out, in other ways too.

        Raises:
            UsageError: the data set has no such split or part.
            DataError: an image is not here.
        """
        measured = self.score(claimed)
        missed = {metric for metric, verdict in verdicts(claimed, measured).items() if not verdict.agrees}
        tried = self._other_rules(claimed) if missed else []
        tried += self._other_splits(claimed) if missed & OF_THE_SPLIT else []
        tried += [self._refused(claimed)] if self.trained_on_common else []
        return measured.model_copy(update={"tried": tuple(tried)})

    def score(self, claimed: Claimed) -> ClaimRecord:
        """As `claim`, by the authors' rule alone."""
        begun = process_time()
        by_rule, job = ByRule(claimed.rule), self._on(claimed.claim.on)
        self._show(job, by_rule, doing=f"{claimed.claim.rule}, split {job.split}")
        return ClaimRecord(
            claim=claimed.name,
            weights_sha256=self.release.sha256,
            dataset=to_record.dataset_info(job),
            rule=claimed.claim.rule,
            values=by_rule.values(claimed.claim.values),
            targets=by_rule.targets,
            stretched=by_rule.stretched,
            trained_on_common=self.trained_on_common,
            seconds=round(process_time() - begun, 1),
            provenance=to_record.provenance(self.device),
        )

    def common(self, store: Store) -> Record | None:
        """The record under the common protocol, saved; None where the authors trained on its test images.

        Raises:
            DataError: an image is not here.
            IstdbenchError: it could not be saved.
        """
        if self.trained_on_common:
            return None
        job = self.job
        counted = JobCounts(self._counts(), None)
        probes = {name: run_probe(PROBES.get(name), job.method, job.options, PROBE_SIZE, "cpu") for name in PROBED}
        weights = to_record.weights_info(self._weights, job)
        record = to_record.record_of(job, weights, counted, probes, self.device)
        return store.load(store.save(record, to_record.count_rows(counted.grids[0])))

    def common_values(self) -> dict[str, float]:
        """The metrics under the common protocol, whatever the weights were trained on."""
        return metric_values(self._counts()[0].by_name, self.job.dataset.truth)

    def _counts(self) -> list[Counts]:
        return score_job(self.job, self._predict, track=self.track)

    @cached_property
    def trained_on_common(self) -> int:
        """How many of the common protocol's test images the authors trained on."""
        return self._trained_on(self.job)

    def _trained_on(self, job: Job) -> int:
        """How many of a job's test images the authors trained on."""
        return len(test_images_trained_on(job, self._weights.path, self.track))

    def _other_rules(self, claimed: Claimed) -> list[Trial]:
        """Other grids, rules and thresholds on the claim's images."""
        others = Others(claimed.rule)
        self._show(self._on(claimed.claim.on), others, doing="try other rules")
        return others.trials(claimed.claim.values)

    def _other_splits(self, claimed: Claimed) -> list[Trial]:
        """The claim's rule on the test images of other splits, and on the images that the authors trained on.

        Weights that do no better on these were trained on others, or are not those of the claim.
        """
        job = self._on(claimed.claim.on)
        own = job.dataset.name
        others = [Images(dataset=own, split=split, part="test") for split in job.dataset.splits() if split != job.split]
        trained = [images for images in self.release.trained_on if images.dataset == own]
        return [self._on_others(claimed, images) for images in [*sorted(others, key=lambda of: of.split), *trained]]

    def _on_others(self, claimed: Claimed, images: Images) -> Trial:
        by_rule, job = ByRule(claimed.rule), self._on(images)
        self._show(job, by_rule, doing=f"try split {images.split}, {images.part}")
        number, trained = len(job.test_names), self._trained_on(job)
        words = f"split {images.split}, {number} {images.part} images, {trained} of them trained on"
        return Trial(words=words, values=by_rule.values(claimed.claim.values))

    def _refused(self, claimed: Claimed) -> Trial:
        """What the common protocol gives on images that were trained on in part, which is no result."""
        values = self.common_values()
        words = (
            f"common protocol, which is no result here: {self.trained_on_common} of its {len(self.job.test_names)} "
            "test images were trained on"
        )
        return Trial(words=words, values={name: values[name] for name in claimed.claim.values if name in values})

    def _on(self, images: Images) -> Job:
        """The job whose test images these are."""
        changes = {"data.split": images.split, "data.test": images.part}
        return make_job(self.release.spec, parse_spec(images.dataset), None, changes=changes)

    def _show(self, job: Job, *collectors: Collector, doing: str) -> None:
        score_images(self._predict, job.dataset, self.track(job.test_names, f"{job.spec}: {doing}"), *collectors)


def _remembered(predict: Predictor) -> Predictor:
    """The same predictor, which keeps what it has predicted."""
    kept: dict[str, Maps] = {}

    def look(sample: Sample) -> Maps:
        if sample.name not in kept:
            kept[sample.name] = predict(sample)
        return kept[sample.name]

    return look
