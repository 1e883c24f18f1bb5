"""What the check of leaderboards and zoo finds: every kind of change, by file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tiny_training import Spots, tiny_job
from tiny_zoo import add_tiny, use_tiny_zoo

from istdbench.committed.check import check, rescore
from istdbench.committed.entry import entries
from istdbench.committed.pages import write
from istdbench.errors import DataError
from istdbench.jobs.weights import load_weights, save_weights
from istdbench.registry import METRICS, REPORTERS
from istdbench.reports.writing import write_reports
from istdbench.scoring.image_counts import score_job


@pytest.fixture
def out(tmp_path, monkeypatch):
    """Leaderboards and a zoo with one entry, as `istdbench zoo add` leaves them."""
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    use_tiny_zoo(tmp_path, monkeypatch)
    add_tiny(tmp_path)
    write_reports(tmp_path / "leaderboards", REPORTERS.all(), METRICS.all())
    write()
    return tmp_path / "leaderboards"


def folder():
    [entry] = entries()
    return entry.folder


def edit(path, change):
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_what_add_leaves_is_sound(out):
    assert check(out) == []


def test_a_changed_page_is_named_with_line_and_letter(out):
    page = out / "spots.md"
    lines = page.read_text().splitlines(keepends=True)
    lines[2] = lines[2][:1] + "W" * 49 + lines[2][50:]
    page.write_text("".join(lines))
    [problem] = check(out)
    assert problem.startswith(f"{page}: line 3, letter 2: ") and "`istdbench leaderboard` mends it" in problem


@pytest.mark.parametrize(("cut", "where"), [(-1, "line 12, letter "), (0, "line 1, letter 1: ''")])
def test_a_page_that_ends_early_is_named(out, cut, where):
    page = out / "spots.md"
    text = page.read_text()
    page.write_text(text[:cut])
    [problem] = check(out)
    assert where.replace("12", str(text.count("\n"))) in problem


def test_a_missing_page_and_one_without_records_are_named(out):
    (out / "spots.md").rename(out / "stripes.md")
    stray, missing = check(out)
    assert "stripes.md: no record gives this file" in stray
    assert "spots.md: missing; `istdbench leaderboard` writes it" in missing


def test_a_changed_record_is_named_and_not_also_its_page(out):
    [path] = (out / "records").rglob("*.json")
    edit(path, lambda data: data["metrics"]["values"].update(IoU=0.999))
    problems = check(out)
    assert "changed since it was written: IoU not as" in problems[0]
    assert not any("spots.md" in problem for problem in problems)


def test_a_changed_table_is_named(out):
    [path] = (out / "records").rglob("*.csv")
    path.write_text(path.read_text() + "\n")
    assert str(path) in check(out)[0]


def test_a_record_of_weights_that_are_not_in_the_zoo_is_named(out):
    path = folder() / "weights.safetensors"
    state, header = load_weights(path)
    save_weights(path, state, header)  # in single precision: other bytes
    problems = check(out)
    assert any("record.json is of other weights" in problem for problem in problems)
    assert any("tiny-seed0" in problem and "are not in the zoo" in problem for problem in problems)


@pytest.mark.parametrize("name", ["README.md", "../../../README.md", "../../../SHA256SUMS"])
def test_a_changed_card_index_or_checksum_is_named(out, name):
    path = (folder() / name).resolve()
    path.write_text(path.read_text().replace("0", "1", 1))
    assert [f"{path}: line" in problem for problem in check(out)] == [True]


def test_a_changed_curve_is_named(out):
    path = folder() / "curve.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert any("the learning curve is of another training" in problem for problem in check(out))


def test_a_zoo_record_with_other_metrics_than_the_leaderboards_is_named(out):
    edit(folder() / "record.json", lambda data: data["metrics"]["values"].update(IoU=0.999))
    assert any("record.json: not the metrics of the record" in problem for problem in check(out))


def test_a_file_of_no_entry_is_named(out):
    stray = folder().parent / "tiny-seed3.safetensors"
    stray.write_bytes(b"x")
    assert [f"{stray}: no record gives this file" in problem for problem in check(out)] == [True]


def test_weights_of_an_earlier_protocol_are_named(out, monkeypatch):
    monkeypatch.setattr("istdbench.committed.check.make_job", lambda *arguments: tiny_job(epochs=4))
    assert any("trained by an earlier form of protocol 'tiny_protocol'" in problem for problem in check(out))


def test_a_large_file_is_named(out, monkeypatch):
    monkeypatch.setattr("istdbench.committed.check.LARGEST", 100)
    assert any("and may have 100" in problem for problem in check(out))


def test_a_broken_entry_is_named_and_the_pages_are_still_checked(out):
    (folder() / "record.json").unlink()
    (out / "spots.md").unlink()
    page, entry = check(out)
    assert "spots.md: missing" in page and "record.json: cannot be read" in entry


def test_a_record_comes_out_again(out):
    [outcome] = rescore(out)
    assert (outcome.problem, outcome.skipped) == ("", "")


def test_a_record_that_does_not_come_out_again_is_named_with_its_metrics(out, monkeypatch):
    def with_a_false_blob(*arguments, **more):
        [counts] = score_job(*arguments, **more)
        counts.by_name["test0"] = replace(counts.by_name["test0"], false_positive=400)
        return [counts]

    monkeypatch.setattr("istdbench.runs.verify.score_job", with_a_false_blob)
    [outcome] = rescore(out)
    assert (
        "not reproduced (" in outcome.problem and "IoU" in outcome.problem and "1 of 3 images differ" in outcome.problem
    )


def test_a_record_whose_data_are_not_here_is_skipped_with_the_reason(out, monkeypatch):
    def away(spec):
        raise DataError("spots: not here yet")

    monkeypatch.setattr("istdbench.committed.check.build_dataset", away)
    [outcome] = rescore(out)
    assert (outcome.problem, outcome.skipped) == ("", "spots: not here yet")


def test_data_that_are_here_but_others_are_a_problem(out, monkeypatch):
    monkeypatch.setattr("istdbench.runs.from_record.build_dataset", lambda spec: Spots(fingerprint="spots-2"))
    [outcome] = rescore(out)
    assert "other files than when this was recorded" in outcome.problem


def test_a_damaged_cost_record_is_named_and_the_zoo_is_still_checked(out):
    (out / "efficiency").mkdir()
    (out / "efficiency" / "tiny.json").write_text("{}")
    (folder() / "README.md").write_text("mine")
    cost, card = check(out)
    assert "tiny.json: not a cost record" in cost and "README.md: line 1" in card
