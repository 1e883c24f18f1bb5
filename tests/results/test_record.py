"""What a record holds, what its key depends on, and its text."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError
from results.sample_records import make_record

from istdbench.results import MetricsInfo, PerImageInfo, PredictionsInfo, Record, WeightsInfo


def changed(record: Record, path: str, value: object) -> Record:
    """The record with one field, named with dots, replaced."""
    data = record.model_dump()
    *parents, last = path.split(".")
    target = data
    for name in parents:
        target = target[name]
    target[last] = value
    return Record.model_validate(data)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("method.name", "baseline"),
        ("method.options", {"inner": "all"}),
        ("weights.sha256", "f" * 64),
        ("weights", None),
        ("dataset.name", "irstd1k"),
        ("dataset.fingerprint", "f" * 64),
        ("dataset.split", "5050"),
        ("dataset.part", "val"),
        ("protocol.hash", "f" * 64),
        ("metrics.version", 2),
        ("seed", 1),
    ],
)
def test_the_key_changes_with_everything_the_number_depends_on(path: str, value: object) -> None:
    record = make_record()
    assert changed(record, path, value).key != record.key


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metrics.intervals", {"iou": (0.1, 0.2)}),
        ("provenance.created", "2030-01-01T00:00:00Z"),
        ("provenance.cpu", "another machine"),
        ("provenance.device", "cuda"),
        ("protocol.name", "renamed"),
        ("metrics.values", {"iou": 0.1}),
        ("probes", {}),
        ("weights.source", "zoo"),
        ("method.name", "mim_istd:inner=first"),
    ],
)
def test_the_key_does_not_change_with_time_machine_or_spelling(path: str, value: object) -> None:
    record = make_record()
    assert changed(record, path, value).key == record.key


def test_an_undefined_metric_is_null_in_the_file_and_nan_when_read() -> None:
    record = make_record(values={"iou": 0.5, "pd": math.nan})
    assert '"pd": null' in record.to_json()
    again = Record.model_validate_json(record.to_json())
    assert again == record
    assert math.isnan(again.metrics.value("pd"))
    assert again.metrics.value("iou") == 0.5


def test_a_metric_that_was_not_computed_reads_as_nan() -> None:
    assert math.isnan(MetricsInfo(version=1, values={}).value("iou"))


def test_an_infinite_metric_is_refused() -> None:
    with pytest.raises(ValidationError, match="finite"):
        MetricsInfo(version=1, values={"fa": math.inf})


def test_floats_come_back_bit_for_bit() -> None:
    value = 0.1 + 0.2
    again = Record.model_validate_json(make_record(values={"iou": value}).to_json())
    assert again.metrics.value("iou") == value


def test_a_tuple_in_a_config_comes_back_equal() -> None:
    record = changed(make_record(), "protocol.config", {"gain": (0.8, 1.2)})
    assert Record.model_validate_json(record.to_json()) == record


def test_the_text_does_not_depend_on_the_order_of_the_values() -> None:
    forward = make_record(values={"iou": 0.5, "pd": 1.0})
    backward = make_record(values={"pd": 1.0, "iou": 0.5})
    assert forward.to_json() == backward.to_json()
    assert forward.to_json().endswith("}\n")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        WeightsInfo(sha256="0", source="zoo", colour="red")


def test_another_schema_version_is_refused() -> None:
    with pytest.raises(ValidationError, match="schema_version"):
        changed(make_record(), "schema_version", 1)


@pytest.mark.parametrize("name", ["../elsewhere.csv", "a/b.csv", "a\\b.csv", "table.txt"])
def test_a_table_outside_the_records_folder_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="file"):
        PerImageInfo(file=name, sha256="0")


def test_the_path_has_one_folder_for_the_data_set_and_one_for_the_protocol() -> None:
    record = make_record("mim_istd:inner=all", name="folder:/data/mine", seed=3)
    assert record.path.parts == (
        "folder-_data_mine",
        "native",
        f"mim_istd-inner=all-seed3-{record.key[:12]}.json",
    )


PREDICTIONS = PredictionsInfo(sha256="a" * 64, folder="maps")


@pytest.mark.parametrize(
    ("field", "value", "same"),
    [("sha256", "b" * 64, False), ("scale", 255.0, False), ("resize", "nearest", False), ("folder", "elsewhere", True)],
)
def test_the_key_of_predictions_is_of_the_maps_and_how_they_are_read(field: str, value: object, same: bool) -> None:
    record = make_record("mynet", kind="predictions").model_copy(update={"predictions": PREDICTIONS})
    assert (changed(record, f"predictions.{field}", value).key == record.key) is same
    assert Record.model_validate_json(record.to_json()) == record


def test_a_record_of_a_run_is_written_as_before_there_were_predictions() -> None:
    assert "predictions" not in make_record().to_json()
