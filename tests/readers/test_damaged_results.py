"""Damaged records, costs, lists, manifests and notes: refused by name, or read; never a traceback."""

import os

import pytest
from damage import few_or_many, survives
from results.sample_records import PROVENANCE, make_record, table_of

from istdbench.campaigns.claims import History
from istdbench.committed.entry import CURVE, Entry
from istdbench.datasets.sources import Manifest
from istdbench.datasets.split_lists import ImageNames, read_list
from istdbench.errors import DataError, IstdbenchError
from istdbench.files import atomic_write, sha256_bytes
from istdbench.locks import Holder
from istdbench.registry import METRICS
from istdbench.reports.terminal import tables
from istdbench.results import PredictionsInfo, Record, Store, collect, read_record
from istdbench.results.cost import CostRecord, load_costs

COST = CostRecord(
    method="tophat", options={"size": 5}, size=(512, 512), probes={"flops": {"gmacs": 0.5}}, provenance=PROVENANCE
)
NOTES = History(starts=[Holder(host="a", pid=3, at="2026-01-02T03:04:05Z")], error="it failed")
LINES = "".join(f"{sha256_bytes(name)}  o/r/c/{name.decode()}\n" for name in (b"a.png", b"b c.png")).encode()
CURVE_TEXT = b"epoch,step,loss,lr,val_IoU\n1,10,0.9,0.01,\n2,20,0.8,0.001,0.5\n"


@few_or_many
def test_a_damaged_record_is_shown_or_refused(how, tmp_path):
    def shown(path):
        record = read_record(path)
        assert record.path and record.to_json()
        return tables([record], METRICS.all())

    survives(shown, tmp_path / "damaged.json", [make_record().to_json().encode()], how)


@few_or_many
def test_a_damaged_table_of_counts_is_refused(how, tmp_path):
    store = Store(tmp_path)
    record = read_record(store.save(make_record(images=3), table_of(make_record(images=3))))
    table = (store.root / record.path).with_name(record.per_image.file)
    survives(lambda path: store.per_image(record), table, [table.read_bytes()], how)


@few_or_many
@pytest.mark.filterwarnings("ignore")
def test_a_damaged_cost_record_is_read_or_refused(how, tmp_path):
    folder = tmp_path / "efficiency"
    folder.mkdir()
    survives(lambda path: load_costs(tmp_path), folder / COST.file, [COST.to_json().encode()], how)


@few_or_many
def test_a_damaged_list_of_names_is_read_or_refused(how, tmp_path):
    names = ImageNames(["a", "b", "seq/1", "seq/2"])
    whole = [b"a\nb\nseq\nC:\\data\\a.png\n", "﻿a 1\r\nb.png 0\r\n".encode()]
    survives(lambda path: [names.meant(line) for line in read_list(path)], tmp_path / "damaged.txt", whole, how)


@few_or_many
def test_a_damaged_manifest_is_read_or_refused(how, tmp_path):
    survives(Manifest.read, tmp_path / "damaged.txt", [LINES], how)


@few_or_many
def test_a_damaged_learning_curve_is_read_or_refused(how, tmp_path):
    def drawn(path):
        from istdbench.committed.cards import _curve

        return _curve(Entry(path.parent).curve)

    survives(drawn, tmp_path / CURVE, [CURVE_TEXT], how)


@few_or_many
@pytest.mark.filterwarnings("ignore")
def test_damaged_notes_of_a_run_are_read_or_counted_anew(how, tmp_path):
    claim = claim_of(tmp_path)
    survives(lambda path: claim.history(), claim._history_file, [NOTES.model_dump_json().encode()], how)


def claim_of(folder):
    """The claim of a run that nobody computes."""
    from istdbench.campaigns.claims import Claim

    claim = object.__new__(Claim)
    claim._history_file = folder / "tophat.json"
    return claim


def test_notes_that_are_damaged_stop_no_run(tmp_path):
    claim = claim_of(tmp_path)
    claim._history_file.write_text("{")
    claim.note_start()
    assert len(claim.history().starts) == 1


ZEROS = b"0" * 64


@pytest.mark.parametrize(
    "line", [b"abc", b"\xff\xfe", ZEROS + b"  ../../x", ZEROS + b"  /etc/x", ZEROS[1:] + b"g  a", ZEROS + b" a"]
)
def test_a_manifest_that_is_none_or_leads_out_of_its_folder_is_named(line, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes(LINES + line + b"\n")
    with pytest.raises(DataError, match=r"mine\.txt: "):
        Manifest.read(path)
    path.write_bytes(LINES)
    assert list(Manifest.read(path).hashes) == ["o/r/c/a.png", "o/r/c/b c.png"]


@pytest.mark.parametrize("text", ["epoch,loss\n1,high\n", "epoch,loss\none,0.5\n", "epoch,loss,loss.1\n1,2,true\n"])
def test_a_learning_curve_of_more_than_numbers_is_named(text, tmp_path):
    (tmp_path / CURVE).write_text(text)
    with pytest.raises(IstdbenchError, match=r"curve\.csv: no learning curve"):
        _ = Entry(tmp_path).curve


NO_UTF_8 = os.fsdecode(b"maps \xff")


def test_paths_that_are_no_utf_8_break_no_record(tmp_path):
    """A surrogate, which JSON lacks, made a record that no later verb could read."""
    predictions = PredictionsInfo(sha256="0" * 64, folder=NO_UTF_8)
    provenance = collect(f"istdbench score {NO_UTF_8}")
    record = Record(
        **dict(make_record("mine", kind="predictions")) | {"predictions": predictions, "provenance": provenance}
    )
    path = Store(tmp_path).save(record, table_of(record))
    again = read_record(path)
    assert again.predictions.folder == r"maps \udcff"
    assert again.provenance.command == r"istdbench score maps \udcff"


def test_a_text_that_is_no_utf_8_is_written_with_escapes(tmp_path):
    atomic_write(tmp_path / "a.md", f"| {NO_UTF_8} |")
    assert (tmp_path / "a.md").read_text() == r"| maps \udcff |"


def test_an_error_that_names_a_path_of_no_utf_8_is_noted(tmp_path):
    claim = claim_of(tmp_path)
    claim.note_error(f"{NO_UTF_8}: no such file")
    assert claim.history().error == r"maps \udcff: no such file"
