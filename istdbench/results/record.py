"""The record of one run: which number came out of which method, weights, data, protocol and metric version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import Field

from istdbench.files import sha256_json
from istdbench.results.provenance import Provenance
from istdbench.results.record_parts import (
    DatasetInfo,
    MethodInfo,
    MetricsInfo,
    NetworkInput,
    Part,
    PerImageInfo,
    PredictionsInfo,
    ProbeValue,
    ProtocolInfo,
    SubmissionInfo,
    WeightsInfo,
)
from istdbench.spec import Scalar, Spec


class Record(Part):
    """One run.

    Attributes:
        predictions: of a method that was run elsewhere, whose `probes` are as stated and not measured.
        seed: of the run; a method that is trained was trained with it.
        probes: probe name to what it measured.
        per_image: filled in by `Store.save`.
        submission: of a record that was handed in, and is taken in; it changes no number, and no key.
    """

    schema_version: Literal[2] = 2
    method: MethodInfo
    weights: WeightsInfo | None
    predictions: PredictionsInfo | None = Field(None, exclude_if=lambda value: value is None)
    dataset: DatasetInfo
    protocol: ProtocolInfo
    metrics: MetricsInfo
    seed: int
    probes: dict[str, dict[str, ProbeValue]] = Field({})
    provenance: Provenance
    per_image: PerImageInfo | None = None
    submission: SubmissionInfo | None = Field(None, exclude_if=lambda value: value is None)

    @property
    def key(self) -> str:
        """What the number is a function of, see `record_key`."""
        return record_key(
            method=self.method.spec,
            options=self.method.options,
            weights_sha256=self.weights.sha256 if self.weights else None,
            network_input=self.weights.input if self.weights else None,
            predictions=self.predictions,
            dataset=self.dataset,
            protocol_hash=self.protocol.hash,
            metric_version=self.metrics.version,
            seed=self.seed,
        )

    @property
    def trained_on_test(self) -> bool:
        """Whether its weights say that they were trained on the very part that it scores."""
        told, own = {} if self.weights is None else self.weights.training, self.dataset
        said = [told.get(field) for field in ("dataset", "fingerprint", "split", "part")]
        return said == [own.name, own.fingerprint, own.split, own.part]

    @property
    def path(self) -> PurePosixPath:
        """Where the record stands under its store's root: `<dataset>/<protocol>/<method>-seed<seed>-<key>.json`."""
        return PurePosixPath(
            self.dataset.spec.slug,
            self.protocol.spec.slug,
            f"{self.method.spec.slug}-seed{self.seed}-{self.key[:12]}.json",
        )


def record_key(
    *,
    method: Spec,
    options: Mapping[str, Scalar],
    weights_sha256: str | None,
    network_input: NetworkInput | None = None,
    predictions: PredictionsInfo | None = None,
    dataset: DatasetInfo,
    protocol_hash: str,
    metric_version: int,
    seed: int,
) -> str:
    """SHA-256 (hex) over all that a number depends on: runs of one key give one number, and are not run twice.

    Args:
        method: of it only what stands before the options enters.
        options: every option with its value, so that a default typed out or left out is the same.
        weights_sha256: None for a method without weights.
        network_input: as `WeightsInfo.input`; None adds nothing to the key.
        predictions: of a method that was run elsewhere; None adds nothing to the key.
        dataset: of it the name, fingerprint, split and part enter.
    """
    parts: list[Any] = [
        [method.name, method.argument, dict(options)],
        weights_sha256,
        [dataset.name, dataset.fingerprint, dataset.split, dataset.part],
        protocol_hash,
        metric_version,
        seed,
    ]
    if network_input is not None:
        parts.append(network_input.model_dump(mode="json"))
    if predictions is not None:
        parts.append(predictions.identity)
    return sha256_json(parts)
