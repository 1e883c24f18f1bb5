"""Hand-made records for the tests of results and reports."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from istdbench.metrics.counts import FIELDS, from_table
from istdbench.metrics.declared import summarise
from istdbench.results import (
    BestOnTest,
    DatasetInfo,
    GridInfo,
    MethodInfo,
    MetricsInfo,
    ProtocolInfo,
    Provenance,
    Record,
    Store,
    WeightsInfo,
)
from istdbench.statistics.tables import count_table

PROVENANCE = Provenance(
    istdbench="0.1.0",
    python="3.11.9",
    torch="2.8.0",
    numpy="2.1.0",
    opencv="4.10.0",
    revision="0" * 40,
    dirty=False,
    system="Linux-6.1",
    cpu="Model T",
    gpu=None,
    threads=2,
    device="cpu",
    scan="c",
    created="2026-01-02T03:04:05Z",
    command="istdbench run --methods a --dataset nuaa",
)
PROBES = {
    "parameters": {"parameters": 1_678_809},
    "flops": {"gmacs": 1.25, "size": "512x512"},
    "latency": {"median_ms": 120.4, "p90_ms": 130.0, "device": "Model T", "threads": 2, "size": "512x512"},
}
VALUES = {"IoU": 0.75, "nIoU": 0.7, "Pd": 0.95, "Fa": 12e-6}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_record(
    method: str = "mim_istd",
    values: dict[str, Any] | None = None,
    *,
    seed: int = 0,
    kind: Literal["learned", "classical", "predictions"] = "learned",
    options: dict[str, Any] | None = None,
    epochs: int | None = 400,
    created: str = PROVENANCE.created,
    protocol: str = "native",
    config: str = "the config",
    metric_version: int = 1,
    probes: dict[str, Any] = PROBES,
    intervals: dict[str, Any] | None = None,
    best_on_test: BestOnTest | None = None,
    second_grid: GridInfo | None = None,
    **dataset: Any,
) -> Record:
    """A record on NUAA-SIRST; `dataset` overrides fields of DatasetInfo."""
    data = {
        "name": "nuaa",
        "split": "official",
        "split_hash": digest("official"),
        "part": "test",
        "fingerprint": digest("nuaa"),
        "images": 86,
    } | dataset
    weights = WeightsInfo(
        sha256=digest(f"{method} {seed}"),
        source="trained",
        training={"training_hash": digest(config), "epochs": epochs, "seed": seed},
    )
    return Record(
        method=MethodInfo(name=method, kind=kind, options=options or {"inner": "first"}, paper="arXiv 2403.02148"),
        weights=weights if kind == "learned" else None,
        dataset=DatasetInfo(**data),
        protocol=ProtocolInfo(name=protocol, hash=digest(config), config={"resize": None}),
        metrics=MetricsInfo(
            version=metric_version,
            values=VALUES if values is None else values,
            intervals=intervals or {},
            best_on_test=best_on_test,
            second_grid=second_grid,
        ),
        seed=seed,
        probes=probes,
        provenance=PROVENANCE.model_copy(update={"created": created}),
    )


def table_of(record: Record) -> pd.DataFrame:
    """A per-image table of that IoU, alike on every image: rows of another IoU can be told apart."""
    iou = record.metrics.value("IoU")
    found = 0 if math.isnan(iou) else round(1000 * iou)
    image = {"pixels": 5000, "true_positive": found, "false_negative": 0 if math.isnan(iou) else 1000 - found}
    images = pd.DataFrame([image] * record.dataset.images).reindex(columns=list(FIELDS), fill_value=0)
    return images.assign(name=np.arange(len(images)).astype(str))


def given_by(record: Record, table: pd.DataFrame) -> Record:
    """The record with the images of a table and the values that it gives, so that it can be stored."""
    values = summarise(from_table(count_table(table)))
    metrics = record.metrics.model_copy(update={"values": {name: _value(values[name]) for name in values}})
    dataset = record.dataset.model_copy(update={"images": len(table)})
    return record.model_copy(update={"metrics": metrics, "dataset": dataset})


def save_sample(store: Store, record: Record) -> Path:
    """Store a record with a table of its IoU, and the other values as that table gives them."""
    table = table_of(record)
    return store.save(given_by(record, table), table)


def _value(number: float) -> float | None:
    return None if math.isnan(number) else number
