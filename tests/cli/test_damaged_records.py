"""A record that is damaged is named with what mends it, and takes no other record down, whatever the verb."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from campaign_files import write_campaign

DATASET = "folder:spots"


@pytest.fixture
def records(istdbench, spots, tmp_path):
    """Records of tophat and mpcm on the spots; gives their folder."""
    istdbench(f"run --methods tophat,mpcm --dataset {DATASET} --probes none")
    return tmp_path / "leaderboards" / "records"


def of(records, method):
    [path] = records.glob(f"*/*/{method}-*.json")
    return path


def edited(change):
    """Damage done to the JSON of a record."""

    def damage(path):
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))

    return damage


def table_edited(change):
    """Damage done to the table beside a record, whose hash is made to fit it."""

    def damage(path):
        data = json.loads(path.read_text())
        table = path.with_name(data["per_image"]["file"])
        content = change(table.read_text()).encode()
        table.write_bytes(content)
        data["per_image"]["sha256"] = hashlib.sha256(content).hexdigest()
        path.write_text(json.dumps(data))

    return damage


def without_table(path):
    path.with_name(json.loads(path.read_text())["per_image"]["file"]).unlink()


def as_folder(path):
    path.unlink()
    path.mkdir()


def as_named_pipe(path):
    path.unlink()
    os.mkfifo(path)


def table_as_named_pipe(path):
    as_named_pipe(path.with_name(json.loads(path.read_text())["per_image"]["file"]))


def under_a_name_that_is_no_text(path):
    path.rename(Path(os.fsdecode(os.fsencode(path.parent) + b"/mpcm-\xff-seed0-000000000000.json")))


def with_values(**values):
    return edited(lambda data: data["metrics"]["values"].update(values))


DAMAGE = {
    "broken JSON": (lambda path: path.write_text(path.read_text()[:100]), "not a record (the file: "),
    "no bytes": (lambda path: path.write_bytes(b""), "not a record (the file: "),
    "another schema": (edited(lambda data: data.update(schema_version=3)), "schema_version: Input should be 2"),
    "a folder": (as_folder, "cannot be read (Is a directory); move it away"),
    "a named pipe": (as_named_pipe, "cannot be read (a named pipe); move it away"),
    "a table that is a named pipe": (table_as_named_pipe, "cannot be read (a named pipe); restore it, or delete mpcm-"),
    "a name that is no text": (under_a_name_that_is_no_text, "restore it, or delete it and run again"),
    "no table": (without_table, "cannot be read (No such file or directory); restore it, or delete mpcm-"),
    "an empty table": (table_edited(lambda text: ""), "no table of counts"),
    "an empty test part": (table_edited(lambda text: text.splitlines()[0] + "\n"), "it has 0 images, and its record 3"),
    "no images": (edited(lambda data: data["dataset"].update(images=0)), "it is of 0 images"),
    "IoU of 1e308": (with_values(IoU=1e308), "IoU is 1e+308, and lies in 0 to 1"),
    "Pd of 7": (with_values(Pd=7), "Pd is 7, and lies in 0 to 1"),
    "NaN": (with_values(Fa=float("nan")), "metrics.values.Fa: Input should be a finite number"),
    "an infinite value": (with_values(mine=float("inf")), "metrics.values.mine: Input should be a finite number"),
    "an interval upside down": (
        edited(lambda data: data["metrics"]["intervals"].update(IoU=[0.9, 0.1])),
        "the interval of IoU is 0.9 to 0.1",
    ),
    "other sums": (with_values(IoU=0.987654), "and not 0.987654; restore it, or delete it and run again"),
    "negative counts": (table_edited(lambda text: text.replace("1920", "-1920", 1)), "a count is negative"),
    "counts that are no numbers": (
        table_edited(lambda text: text.replace("1920", "many", 1)),
        "other than whole numbers",
    ),
    "negative parameters": (
        edited(lambda data: data["probes"].update(parameters={"parameters": -4})),
        "parameters of probe parameters is -4",
    ),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGE.values(), ids=DAMAGE)
def test_the_leaderboard_names_it_leaves_it_out_and_fails(istdbench, records, damage, said):
    damage(of(records, "mpcm"))
    result = istdbench("leaderboard", code=1)
    assert "warning: left out: leaderboards/records/" in result.stderr and said in result.stderr
    assert result.stderr.count("warning") == 1 and "error" not in result.stderr
    [page] = records.parent.glob("*.md")
    assert "[tophat]" in page.read_text() or "| tophat" in page.read_text()
    assert "mpcm" not in page.read_text()


OTHER_IMAGES = {
    "another name": lambda text: text.replace("\n0001,", "\n0009,").replace("\na,", "\nz,"),
    "another size": lambda text: text.replace("1920", "1921", 1),
}


@pytest.mark.parametrize("change", OTHER_IMAGES.values(), ids=OTHER_IMAGES)
def test_a_sound_table_of_other_images_than_most_is_left_out(istdbench, records, change):
    damage = table_edited(change)
    damage(of(records, "mpcm"))
    told = istdbench("leaderboard", code=1).stderr
    assert told.count("warning: left out: ") == 2  # one against one: neither can be believed
    istdbench(f"run --methods lcm --dataset {DATASET} --probes none")
    told = istdbench("leaderboard", code=1).stderr
    assert told.count("left out: ") == 1 and "/mpcm-" in told and "its table is not of the images that" in told
    [page] = records.parent.glob("*.md")
    assert "tophat" in page.read_text() and "lcm" in page.read_text()
    assert "its table is not of the images that" in istdbench("leaderboard --check", code=1).stderr


@pytest.mark.parametrize("damage", [damage for damage, _ in DAMAGE.values()], ids=DAMAGE)
def test_the_check_fails_on_it_having_checked_the_rest(istdbench, records, damage, tmp_path):
    damage(of(records, "mpcm"))
    other = records.parent / "stray.md"
    other.write_text("mine")
    result = istdbench("leaderboard --check", code=1)
    assert "error: " in result.stderr and "/mpcm-" in result.stderr
    assert f"{other.relative_to(tmp_path)}: no record gives this file" in result.stderr


BROKEN = DAMAGE["broken JSON"][0]


def test_other_runs_are_made_and_their_rows_written(istdbench, records):
    BROKEN(of(records, "mpcm"))
    result = istdbench(f"run --methods tophat,lcm --dataset {DATASET} --probes none")
    assert "recorded: tophat" in result.stderr and "done: lcm" in result.stderr
    assert "warning: left out: " in result.stderr


UNSOUND = pytest.mark.parametrize("kind", ["broken JSON", "no table", "other sums"])


@UNSOUND
def test_a_run_whose_own_record_is_damaged_fails_alone_and_force_makes_it_anew(istdbench, records, kind):
    damage, said = DAMAGE[kind]
    damage(of(records, "mpcm"))
    line = f"run --methods mpcm,tophat --dataset {DATASET} --probes none"
    result = istdbench(line, code=1)
    assert f"error: mpcm on {DATASET}" in result.stderr and said in result.stderr
    assert "recorded: tophat" in result.stderr and "0.98" not in result.stdout
    istdbench(f"{line} --force")
    istdbench("leaderboard")


def test_a_report_is_made_of_the_others_and_fails(istdbench, records):
    BROKEN(of(records, "mpcm"))
    result = istdbench("report --records-only", code=1)
    assert "left out: " in result.stderr
    page = Path("report.html").read_text()
    assert "tophat" in page and "mpcm" not in page
    assert istdbench("report tophat --records-only").stderr == ""


def test_a_named_record_whose_sums_are_others_is_not_reported(istdbench, records):
    DAMAGE["other sums"][0](of(records, "mpcm"))
    assert "and not 0.987654" in istdbench("report mpcm --records-only", code=1).stderr


def test_two_others_are_compared(istdbench, records):
    istdbench(f"run --methods lcm --dataset {DATASET} --probes none")
    BROKEN(of(records, "mpcm"))
    assert "tophat" in istdbench("compare tophat lcm").stdout
    assert "not a record" in istdbench("compare tophat mpcm", code=1).stderr


@UNSOUND
def test_a_sweep_does_the_others(istdbench, spots, tmp_path, kind):
    file = write_campaign(spots, ["tophat", "mpcm"], seeds=[0])
    istdbench(f"sweep {file}")
    damage, said = DAMAGE[kind]
    damage(of(tmp_path / "out" / "records", "mpcm"))
    more = write_campaign(spots, ["tophat", "lcm"], seeds=[0])
    result = istdbench(f"sweep {more} --json")
    assert [row["state"] for row in json.loads(result.stdout)] == ["done", "done"]
    assert "left out: " in result.stderr
    again = istdbench(f"sweep {write_campaign(spots, ['tophat', 'mpcm'], seeds=[0])}", code=1)
    assert "error: mpcm on " in again.stderr and said in again.stderr and "--force" not in again.stderr
    of(tmp_path / "out" / "records", "mpcm").unlink()  # which is what it says
    istdbench(f"sweep {write_campaign(spots, ['tophat', 'mpcm'], seeds=[0])}")
    istdbench("leaderboard --out out --check")


def test_a_damaged_note_of_a_sweep_holds_nothing_up(istdbench, spots, tmp_path):
    file = write_campaign(spots, ["tophat"], seeds=[0])
    istdbench(f"sweep {file}")
    [note] = (tmp_path / "out" / ".sweep").glob("*.json")
    note.write_text("{")
    istdbench(f"sweep {file}")
    istdbench(f"sweep {file} --status")


def test_a_damaged_cost_record_is_left_out_of_its_page(istdbench, records):
    costs = records.parent / "efficiency"
    costs.mkdir()
    (costs / "tiny.json").write_text("{}")
    result = istdbench("leaderboard", code=1)
    assert "left out: leaderboards/efficiency/tiny.json: not a cost record" in result.stderr
    assert len(list(records.parent.glob("*.md"))) == 1
