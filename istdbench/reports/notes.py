"""What a reader must know before comparing a row with the others of its table, as one sentence each."""

from __future__ import annotations

from typing import Any

from istdbench.protocols.protocol import training_hash_of_fields
from istdbench.reports.papers import from_description
from istdbench.results import Record, WeightsInfo


def notes(record: Record) -> tuple[str, ...]:
    """The sentences on one run, which its record and what is known of its method say; none for most."""
    weights = record.weights
    trained = (
        () if weights is None else (_imported(weights), _trained_elsewhere(record, weights), _from_points(weights))
    )
    made = _from_description(record), _trained_on_test(record)
    handed_in = _handed_in(record)
    return tuple(filter(None, (*made, *trained, _run_elsewhere(record), handed_in, *_failed_metrics(record))))


def _from_description(record: Record) -> str:
    """That no authors' code made the network; of predictions from elsewhere nothing is known."""
    return "" if record.predictions else from_description(record.method.name)


def _trained_on_test(record: Record) -> str:
    """That the number is none: runs refuse such weights today, and did not always."""
    return "Trained on the very images that it is scored on." if record.trained_on_test else ""


def _failed_metrics(record: Record) -> list[str]:
    """Which metrics have no value, and why, on one line each."""
    return [f"Metric {name} failed: {' '.join(why.split())}" for name, why in record.metrics.failed.items()]


def _imported(weights: WeightsInfo) -> str:
    """That the weights were not trained by this package, and what is known of a release."""
    imported = weights.training.get("imported")
    if not isinstance(imported, dict):
        return ""
    if not isinstance(told := imported.get("released"), dict):
        return f"Weights imported from {imported['file']}, not trained here."
    on, chosen = (_images(told.get(field)) for field in ("trained_on", "chosen_on"))
    training = f"trained on {on}" if on else "trained on other data, or none that is known"
    choice = f", the epoch chosen on {chosen}" if chosen else ""
    return f"Authors' weights, {told['file']} of {told['repository']} at {str(told['commit'])[:7]}: {training}{choice}."


def _images(declared: Any) -> str:
    """Images of a release's declaration, one group or several, in words."""
    groups = declared if isinstance(declared, list) else [declared] if declared else []
    return ", ".join(f"{each['dataset']} {each['split']} {each['part']}" for each in groups)


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


def _from_points(weights: WeightsInfo) -> str:
    """That the masks of the training images were not learned from."""
    at = weights.training.get("points")
    return f"Trained from one {at} point a target, not from masks." if at else ""


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


def _handed_in(record: Record) -> str:
    """Who handed the record in, and where the bundle stands."""
    told = record.submission
    if told is None:
        return ""
    author = ", an author of the method" if told.author else ""
    return f"Handed in by {told.by}{author}: submissions/{told.bundle}."


def _where(training: dict, record: Record) -> str:
    """On which other images; empty where they are of the table's own data set and split."""
    data = record.dataset
    if training["dataset"] != data.name:
        return f" on {training['dataset']}"
    if training["fingerprint"] != data.fingerprint:
        return f" on other files of {training['dataset']}"
    return "" if training["split"] == data.split else f" on split {training['split']}"
