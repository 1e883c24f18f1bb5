"""What is said of rows whose weights come from elsewhere, and that it is shown wherever rows are."""

from __future__ import annotations

from typing import Any

import pytest
from results.sample_records import digest, make_record, table_of

from istdbench.metrics import REFERENCE
from istdbench.protocols.protocol import load_protocol
from istdbench.reports.leaderboard import leaderboard
from istdbench.reports.rows import boards
from istdbench.reports.terminal import tables
from istdbench.results import GridInfo, NetworkInput, PredictionsInfo, Record

SEEN = NetworkInput(resize=512, pad=32, mean=100.0, sd=40.0, channels=3)


def record_of(
    rules: str = "native",
    dataset: str = "nuaa",
    *,
    training: dict[str, Any] | None = None,
    seed: int = 0,
    seen: Any = SEEN,
):
    """A run under `rules` on a data set, of weights that were trained on nuaa by native where `training` is silent."""
    protocol = load_protocol(rules, dataset)
    record = make_record(seed=seed, protocol=rules, name=dataset, fingerprint=digest(dataset))
    own = {
        "dataset": "nuaa",
        "fingerprint": digest("nuaa"),
        "split": "official",
        "protocol": "native",
        "training_hash": load_protocol("native", "nuaa").training_hash,
        "epochs": 400,
    }
    said = own if training is None else training and own | training
    weights = record.weights.model_copy(update={"training": said, "input": seen})
    config = record.protocol.model_copy(update={"config": protocol.model_dump(mode="json")})
    return record.model_copy(update={"weights": weights, "protocol": config})


def notes_of(record: Record) -> tuple[str, ...]:
    [board] = boards([record], REFERENCE)
    return board.rows[0].notes


BY_CPU512 = {"protocol": "cpu512", "training_hash": load_protocol("cpu512", "nuaa").training_hash}


@pytest.mark.parametrize("training", [None, {}, {"protocol": "native under another name"}])
def test_weights_of_the_table_s_own_training_or_that_say_nothing_have_no_note(training):
    assert notes_of(record_of(training=training)) == ()


def test_weights_that_were_trained_from_points_say_so_in_the_table_of_points_too():
    from_points = {
        "protocol": "lesps",
        "training_hash": load_protocol("lesps", "nuaa").training_hash,
        "points": "coarse",
    }
    assert notes_of(record_of("lesps", training=from_points)) == (
        "Trained from one coarse point a target, not from masks.",
    )


@pytest.mark.parametrize(
    ("where", "training", "said"),
    [
        ({}, BY_CPU512, "Trained by cpu512."),
        ({}, {"training_hash": digest("old")}, "Trained by native in another form."),
        ({"dataset": "irstd1k"}, {"seed": 0}, "Trained on nuaa by native."),
        ({"dataset": "irstd1k"}, BY_CPU512, "Trained on nuaa by cpu512."),
        ({}, {"fingerprint": digest("old")}, "Trained on other files of nuaa by native."),
        ({}, {"split": "5050"}, "Trained on split 5050 by native."),
    ],
)
def test_weights_from_elsewhere_say_from_where(where, training, said):
    assert notes_of(record_of(**where, training=training)) == (said,)


def test_a_note_is_marked_in_the_leaderboard_and_on_the_terminal():
    records = [record_of(), record_of(training=BY_CPU512, seed=1)]
    page = leaderboard(records, REFERENCE, table_of)["nuaa"]
    assert "| mim_istd[^1] " in page and "| mim_istd " in page
    assert "[^1]: Trained by cpu512." in page.splitlines()
    shown = tables(records, REFERENCE)
    assert "\nmim_istd [1] " in shown and "\nmim_istd  " in shown
    assert "[1] Trained by cpu512." in shown.splitlines()


def test_weights_from_elsewhere_are_no_seed_of_the_table_s_own():
    [board] = boards([record_of(), record_of(training=BY_CPU512, seed=1)], REFERENCE)
    assert [len(row.runs) for row in board.rows] == [1, 1]


def test_weights_that_do_not_say_how_they_were_trained_are_no_seeds_of_each_other():
    [board] = boards([record_of(training={}), record_of(training={}, seed=1)], REFERENCE)
    assert [len(row.runs) for row in board.rows] == [1, 1]


def test_a_run_of_before_inputs_were_recorded_says_what_its_network_was_given():
    said = "Trained by cpu512, and given images as this table's protocol has them."
    assert notes_of(record_of(training=BY_CPU512, seen=None)) == (said,)


def test_imported_weights_say_from_what():
    imported = {"imported": {"file": "net.pth", "sha256": digest("net"), "versions": {}}}
    record = record_of()
    weights = record.weights.model_copy(update={"training": imported})
    assert notes_of(record.model_copy(update={"weights": weights})) == (
        "Weights imported from net.pth, not trained here.",
    )


def test_what_a_network_was_given_to_see_makes_another_row_of_the_same_weights():
    records = [record_of(training=BY_CPU512), record_of(training=BY_CPU512, seen=None)]
    [board] = boards(records, REFERENCE)
    assert [len(row.runs) for row in board.rows] == [1, 1]
    assert set(board.labels) == {f"mim_istd ({record.key[:8]})" for record in records}


def predicted(resize: str | None = None, probes: dict[str, Any] | None = None, **how: Any) -> Record:
    told = PredictionsInfo(
        sha256=digest(how.pop("maps", "maps")), folder="maps", scale=how.pop("scale", None), resize=resize
    )
    record = make_record("mynet", kind="predictions", **how)
    return record.model_copy(update={"weights": None, "predictions": told, "probes": probes or {}})


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (predicted(), "Scored from predictions, not run here."),
        (
            predicted(resize="nearest", probes={"flops": {"gmacs": 1.0}}),
            "Scored from predictions, not run here; maps of another size than their image's were stretched to it "
            "(nearest); GMACs as stated, not measured here.",
        ),
        (
            predicted(second_grid=GridInfo(side=512, values={"IoU": 0.7})),
            "Scored from predictions, not run here; on 512 × 512 its maps were stretched to that grid.",
        ),
    ],
)
def test_predictions_that_were_scored_say_so_and_how_they_were_read(record, said):
    assert notes_of(record) == (said,)


def test_a_run_of_what_was_made_from_a_description_says_so_and_maps_of_that_name_do_not():
    method = make_record().method.model_copy(update={"name": "tci_former"})
    run, scored = (record.model_copy(update={"method": method}) for record in (record_of(), predicted()))
    [note] = notes_of(run)
    assert note.startswith("Re-implemented from the description, since no code is public: Chen et al., TCI-Former")
    assert notes_of(scored) == ("Scored from predictions, not run here.",)


def test_seeds_of_predictions_share_a_row_and_maps_that_were_read_otherwise_do_not():
    [board] = boards([predicted(), predicted(seed=1, maps="others")], REFERENCE)
    assert [len(row.runs) for row in board.rows] == [2]
    [board] = boards([predicted(), predicted(scale=255)], REFERENCE)
    assert [len(row.runs) for row in board.rows] == [1, 1]
    [board] = boards([predicted(), predicted(seed=1)], REFERENCE)  # the same maps are one run
    assert [len(row.runs) for row in board.rows] == [1]
