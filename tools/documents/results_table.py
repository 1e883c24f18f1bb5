"""The results table of the README: the first methods of each leaderboard of real images, from the records.

    python tools/documents/results_table.py

writes it between the two marks of README.md; `tests/documents/test_front_page.py` fails where it is not what the
records give.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from front_page import RESULTS, put

from istdbench.registry import METRICS, build_dataset
from istdbench.reports import cells
from istdbench.reports.badges import badge
from istdbench.reports.board_table import HEADLINES, board_table
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.markdown import escaped, notes_below, table
from istdbench.reports.rows import Board, boards
from istdbench.reports.table import Cell
from istdbench.results import RECORDS, Store
from istdbench.spec import parse_spec

ROOT = Path(__file__).parents[2]
SETS = {"nuaa": "NUAA-SIRST", "irstd1k": "IRSTD-1k", "nudt": "NUDT-SIRST"}
FIRST = 5
"""Methods of each data set."""


def results(out: Path = ROOT / "leaderboards") -> str:
    """The table in Markdown: of each method the best row on each data set, under the data set's own protocol."""
    every = boards(Store(out / RECORDS).load_all(), METRICS.all())
    found = {board.setting.dataset: board for board in every if _compared(board)}
    headings = [cells.heading(entry) for entry in METRICS.all()[:HEADLINES]]
    notes = Footnotes()
    rows = [row for name in SETS if name in found for row in _rows(found[name], notes)]
    made = table(["data set", "method", *headings, "parameters", "whose weights"], rows, slice(2, -1))
    return f"{made}\n\n{notes_below(notes)}"


def _compared(board: Board) -> bool:
    """Whether it is the table of a data set's test images by the protocol of that set."""
    setting = board.setting
    if setting.dataset not in SETS or setting.part != "test":
        return False
    return setting.protocol == build_dataset(parse_spec(setting.dataset)).default_protocol


def _rows(board: Board, notes: Footnotes) -> Iterator[list[str]]:
    columns = {
        column.key: column.cells for column in board_table(board, METRICS.all(), [None] * len(board.rows)).columns
    }
    names = [row.method.partition(":")[0] for row in board.rows]
    best = [names.index(name) for name in dict.fromkeys(names)][:FIRST]
    title = f"{SETS[board.setting.dataset]}<br><sub>{board.setting.images} test images</sub>"
    for index in best:
        row = board.rows[index]
        method = f"`{names[index]}`" + "".join(map(notes.mark, row.notes))
        values = [_value(columns[entry.name][index]) for entry in METRICS.all()[:HEADLINES]]
        yield [title, method, *values, columns["parameters"][index].text, badge(row.runs)]
        title = ""


def _value(cell: Cell) -> str:
    return f"{cell.text}<br><sub>{escaped(cell.behind)}</sub>" if cell.behind else cell.text


if __name__ == "__main__":
    put(RESULTS, results())
