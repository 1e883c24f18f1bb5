"""What a reader must know before comparing a row with the others of its table, as one sentence each."""

from __future__ import annotations

from istdbench.protocols.protocol import training_hash_of_fields
from istdbench.results import Record


def notes(record: Record) -> tuple[str, ...]:
    """The sentences on one run, which its record alone says; none for most."""
    return tuple(filter(None, (_trained_elsewhere(record),)))


def _trained_elsewhere(record: Record) -> str:
    """That the weights come from other data, another split or another protocol than the table's."""
    training = record.weights.training if record.weights else {}
    if "dataset" not in training:
        return ""
    where = _where(training, record)
    alike = training["training_hash"] == training_hash_of_fields(record.protocol.config)
    if not where and alike:
        return ""
    form = " in another form" if not where and training["protocol"] == record.protocol.name else ""
    return f"Trained{where} by {training['protocol']}{form}."


def _where(training: dict, record: Record) -> str:
    """On which other images; empty where they are of the table's own data set and split."""
    data = record.dataset
    if training["dataset"] != data.name:
        return f" on {training['dataset']}"
    if training["fingerprint"] != data.fingerprint:
        return f" on other files of {training['dataset']}"
    return "" if training["split"] == data.split else f" on split {training['split']}"
