"""Real processes that record into one folder at once: nothing that a record or a page holds is lost."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from results.sample_records import given_by, make_record, save_sample, table_of

from istdbench.registry import METRICS
from istdbench.reports.html.report import write_report
from istdbench.reports.leaderboard import LEADERBOARD
from istdbench.reports.reporter import Reporter
from istdbench.reports.writing import write_reports
from istdbench.results import RECORDS, Store

CONTEXT = multiprocessing.get_context("fork")
ROUNDS = 25
"""One time in four the table of one process took the other's away, so that all rounds together missed it never."""


def save_in_every_round(root: Path, iou: float, together: Barrier) -> None:
    """As `run --force` does, where each process counts otherwise."""
    table = table_of(make_record(values={"IoU": iou}))
    record = given_by(make_record(), table)
    for _ in range(ROUNDS):
        together.wait(60)
        Store(root).save(record, table)
        together.wait(60)


def test_runs_made_again_at_once_leave_one_record_with_its_table(tmp_path: Path) -> None:
    together = CONTEXT.Barrier(3)
    processes = [CONTEXT.Process(target=save_in_every_round, args=(tmp_path, iou, together)) for iou in (0.25, 0.5)]
    for process in processes:
        process.start()
    for _ in range(ROUNDS):
        together.wait(60)
        together.wait(60)
        store = Store(tmp_path)
        [record] = map(store.load, store.paths())
        assert record.metrics.value("IoU") * 1000 == store.per_image(record)["true_positive"][0]
        assert [path.name for path in tmp_path.rglob("*.csv")] == [record.per_image.file]
    for process in processes:
        process.join(60)


def record_and_write(out: Path, has_read: Event) -> None:
    """Record another method once the first process has read the records, and write the pages."""
    has_read.wait(60)
    save_sample(Store(out / RECORDS), make_record("baseline"))
    write_reports(out, [LEADERBOARD], METRICS.all()[:4])


def test_a_page_that_was_begun_earlier_loses_no_row_of_another_process(tmp_path: Path) -> None:
    save_sample(Store(tmp_path / RECORDS), make_record("mim_istd"))
    has_read = CONTEXT.Event()
    other = CONTEXT.Process(target=record_and_write, args=(tmp_path, has_read))
    other.start()

    def slow(records, entries, folder):
        has_read.set()
        other.join(2)  # time enough for the other to record and write, if nothing holds it back
        return LEADERBOARD.write(records, entries, folder)

    write_reports(tmp_path, [Reporter("slow", "", slow)], METRICS.all()[:4])
    other.join(60)
    assert other.exitcode == 0
    page = (tmp_path / "nuaa.md").read_text()
    assert "| mim_istd" in page and "| baseline" in page


def test_a_report_holds_what_was_recorded_while_it_was_made(tmp_path: Path) -> None:
    save_sample(Store(tmp_path / RECORDS), make_record("mim_istd"))
    made = []

    def gather(board, store):
        """What looks at score maps for minutes, in which another process records a method."""
        made.append(board)
        other = CONTEXT.Process(target=save_sample, args=(store, make_record("baseline")))
        other.start()
        other.join(60)
        return [], []

    page = tmp_path / "report.html"
    write_report([], METRICS.all()[:4], tmp_path, page, gather=gather)
    assert "baseline" in page.read_text()
    assert [len(board.rows) for board in made] == [1, 2]
