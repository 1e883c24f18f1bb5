"""What a model card says, read from its Markdown."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from tiny_zoo import add_tiny, use_tiny_zoo

from istdbench.committed.cards import card
from istdbench.committed.entry import Entry, entries
from istdbench.reports.papers import Published
from istdbench.results import GridInfo


@pytest.fixture
def entry(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    use_tiny_zoo(tmp_path, monkeypatch)
    add_tiny(tmp_path)
    return entries()[0]


def rows(text, heading):
    """The table under a heading, a dictionary a row."""
    lines = [line for line in text.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(table[0], row, strict=True)) for row in table[2:]]


def changed(entry, **facts):
    """The entry, of which some facts are others than its files say."""
    other = Entry(entry.folder)
    vars(other).update(vars(entry) | facts)
    return other


def with_second_grid(entry):
    second = GridInfo(side=512, values=entry.record.metrics.values | {"IoU": 0.125}, intervals={"IoU": (0.0625, 0.25)})
    metrics = entry.record.metrics.model_copy(update={"second_grid": second})
    return changed(entry, record=entry.record.model_copy(update={"metrics": metrics}))


def test_it_gives_every_metric_of_the_record_with_its_interval(entry):
    found = {row["metric"].split()[0]: row for row in rows(card(entry), "Figures")}
    metrics = entry.record.metrics
    assert len(rows(card(entry), "Figures")) == len(metrics.values)
    assert found["IoU"]["native grid"] == f"{metrics.value('IoU'):.4f}"
    low, high = metrics.intervals["Pd"]
    assert found["Pd"]["native grid, 95 %"] == f"[{low:.4f}, {high:.4f}]"


def test_a_second_grid_stands_beside_the_native_one(entry):
    [iou] = [row for row in rows(card(with_second_grid(entry)), "Figures") if row["metric"] == "IoU ↑"]
    assert (iou["512 × 512"], iou["512 × 512, 95 %"]) == ("0.1250", "[0.0625, 0.2500]")
    assert "512 × 512" not in card(entry)


def test_it_says_which_data_by_which_terms(entry):
    text = card(entry)
    assert "`spots` (bright spots). No terms of use are stated." in text
    assert (
        "Trained on the train part of split `official`, 6 images" in text and "test part of split `official`, 3" in text
    )


def test_the_recipe_is_the_protocol_s_and_the_commands_are_complete(entry):
    text = card(entry)
    recipe = json.loads(text.split("```json")[1].split("```")[0])
    assert recipe["training"]["epochs"] == 3 and recipe["training"]["augmentation"]["crop"] == 24
    assert recipe["input"] == {"pad": 32} and "3 epochs, 9 steps" in text
    job = "tiny --dataset spots --protocol tiny_protocol --seed 0"
    for command in (f"train {job} --no-score", f"zoo add {job}"):
        assert f"    istdbench {command}\n" in text


def test_a_short_curve_is_given_whole_with_validation_where_there_was_any(entry):
    found = rows(card(entry), "Learning curve")
    assert [row["epoch"] for row in found] == ["1", "2", "3"]
    assert [row["val: IoU ↑"] == "–" for row in found] == [True, False, False]


def test_a_long_curve_is_thinned_and_keeps_its_end(entry):
    curve = pd.DataFrame({"epoch": range(1, 156), "step": 0, "loss": 0.5, "lr": 0.1, "seconds": 90.0})
    found = rows(card(changed(entry, curve=curve)), "Learning curve")
    assert [row["epoch"] for row in found] == ["16", "32", "48", "64", "80", "96", "112", "128", "144", "155"]
    assert set(found[0]) == {"epoch", "loss"}


def test_limits_name_seed_time_and_precision(entry):
    text = card(entry).split("## Limits")[1]
    assert "One seed (0)" in text and "min on cpu" in text and "no metric changes by more than 0.2%" in text
    assert "Kept in single precision" in card(changed(entry, precision="float32"))


def test_a_paper_s_figures_are_named_as_another_training_s(entry, monkeypatch):
    paper = Published("someone", "Someone 2024, Table 1", "spots", "official", "tiny", {"IoU": 0.75})
    monkeypatch.setattr("istdbench.committed.cards.published_for", lambda dataset, split, part: {"tiny": paper})
    assert "of another training: IoU 0.7500 (Someone 2024, Table 1)." in card(entry)


def test_a_method_made_from_a_description_says_so_first_among_its_limits(entry):
    method = entry.record.method.model_copy(update={"name": "tci_former"})
    other = changed(entry, record=entry.record.model_copy(update={"method": method}))
    assert card(other).split("## Limits\n\n- ")[1].startswith("Re-implemented from the description, since no code")
    assert "description" not in card(entry)


def test_how_long_the_training_took_is_what_its_log_or_a_header_of_before_says(entry):
    assert "on cpu; the weights are those of the last epoch" in card(entry)
    log = changed(entry, curve=entry.curve.assign(seconds=[60.0, 120.0, 5400.0]))
    assert "3 epochs, 9 steps, 90 min on cpu" in card(log) and "- Trained for 90 min on cpu." in card(log)
    facts = entry.training.model_copy(update={"seconds": 7200.0})
    before = changed(entry, header=entry.header.model_copy(update={"training": facts}))
    assert "9 steps, 120 min on cpu" in card(before)
