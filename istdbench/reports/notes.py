"""What a reader must know before comparing a row with the others of its table, as one sentence each."""

from __future__ import annotations

from istdbench.protocols.protocol import training_hash_of_fields
from istdbench.results import Record, WeightsInfo


def notes(record: Record) -> tuple[str, ...]:
    """The sentences on one run, which its record alone says; none for most."""
    weights = record.weights
    trained = () if weights is None else (_imported(weights), _trained_elsewhere(record, weights))
    return tuple(filter(None, (_trained_on_test(record), *trained, _run_elsewhere(record))))


def _trained_on_test(record: Record) -> str:
    """That the number is none: runs refuse such weights today, and did not always."""
    return "Trained on the very images that it is scored on." if record.trained_on_test else ""


def _imported(weights: WeightsInfo) -> str:
    """That the weights were not trained by this package."""
    imported = weights.training.get("imported")
    return f"Weights imported from {imported['file']}, not trained here." if isinstance(imported, dict) else ""


def _trained_elsewhere(record: Record, weights: WeightsInfo) -> str:
    """That the weights come from other data, another split or another protocol than the table's."""
    training, rules = weights.training, record.protocol
    if "dataset" not in training:
        return ""
    where = _where(training, record)
    if not where and training["training_hash"] == training_hash_of_fields(rules.config):
        return ""
    form = " in another form" if not where and training["protocol"] == rules.name else ""
    # runs of before network inputs were recorded gave a network what the table's protocol says
    seen = ", and given images as this table's protocol has them" if _seen_otherwise(record, weights) else ""
    return f"Trained{where} by {training['protocol']}{form}{seen}."


def _seen_otherwise(record: Record, weights: WeightsInfo) -> bool:
    return weights.input is None and weights.training["protocol"] != record.protocol.name


def _run_elsewhere(record: Record) -> str:
    """That the method was not run: its predictions were scored, and the rest was stated with them."""
    told = record.predictions
    if told is None:
        return ""
    resized = f"; maps of another size than their image's were stretched to it ({told.resize})" if told.resize else ""
    grid = record.metrics.second_grid
    second = f"; on {grid.side} × {grid.side} its maps were stretched to that grid" if grid else ""
    names = {"parameters": "parameters", "flops": "GMACs"}
    stated = " and ".join(name for probe, name in names.items() if probe in record.probes)
    stated = f"; {stated} as stated, not measured here" if stated else ""
    return f"Scored from predictions, not run here{resized}{second}{stated}."


def _where(training: dict, record: Record) -> str:
    """On which other images; empty where they are of the table's own data set and split."""
    data = record.dataset
    if training["dataset"] != data.name:
        return f" on {training['dataset']}"
    if training["fingerprint"] != data.fingerprint:
        return f" on other files of {training['dataset']}"
    return "" if training["split"] == data.split else f" on split {training['split']}"
