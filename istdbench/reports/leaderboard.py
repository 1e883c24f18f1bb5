"""Leaderboards as Markdown: one file a data set, one table a setting, whole below its first ten columns.

The same records give the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from istdbench.files import atomic_write
from istdbench.metrics.alarms import ALARMED, SECONDS_AN_HOUR
from istdbench.metrics.metric import Metric, defined_on
from istdbench.reports.badges import legend
from istdbench.reports.board_table import board_table
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.front_table import front_table
from istdbench.reports.markdown import code, escaped, folded, notes_below, to_markdown
from istdbench.reports.reporter import Reporter
from istdbench.reports.rows import Board, TableOf, boards, row_groups
from istdbench.reports.sequence_table import sequence_table, told_of
from istdbench.reports.table import Table
from istdbench.reports.union_parts import images_of, part_boards
from istdbench.results import RECORDS, Record, Store
from istdbench.statistics.coverage import MEASURED
from istdbench.statistics.tables import count_backgrounds

LEGEND = """\
Per table and metric the best is **bold**, the second <u>underlined</u>. In small print below a value stands its 95 % \
interval over images; ± is the standard deviation over training seeds. Rows of one *group* cannot be told apart by \
{metric}. The badge says whose the number is. Below each table, folded: all its metrics, what papers printed, and the \
records."""


DETAILS = f"""\
Written by `istdbench leaderboard` from the records that each whole table names; edits are lost. Scored on each \
image's native grid, unless a column names another. Epochs are those of the weights' training. GMACs: 1 MAC = 2 FLOPs.

Two spreads, which do not contain each other: [low, high] is the 95 % interval over *images*, what the same weights \
would give on other images like these (BCa bootstrap; Wilson for Pd; of several seeds the mean of theirs; left out \
where all images give the same), and ± is the standard deviation (n - 1) over *training seeds* on these images. \
{MEASURED}: with few images, or few that have false pixels, an interval is too short.

Rows of one *group* cannot be told apart by {{metric}}: a group is the best row left and all rows left that are not \
significantly worse than it on the same images (paired permutation test, 5 %, Holm).

Badges: {{badges}}."""


ALARMS_LEGEND = f"""\
False regions, alarmed backgrounds and alarms per hour are of the images without a target alone (share of alarmed \
backgrounds: Wilson's interval). Each such image is one frame that is judged alone: an alarm is each false region of \
each frame, so that alarms per hour are false regions per background times {SECONDS_AN_HOUR} times the frame rate."""


def leaderboard(records: Iterable[Record], entries: Sequence[Metric], table_of: TableOf) -> dict[str, str]:
    """Markdown by data set slug. Record links are relative to the folder that holds `RECORDS` and the Markdown file.

    Args:
        entries: the metric columns; the first one, IoU, orders and groups the rows.
        table_of: the records' per-image tables, which the groups are tested on.

    Raises:
        IstdbenchError: a table is missing, was changed, or is not of the same images as the others.
    """
    by_file: dict[str, list[Board]] = defaultdict(list)
    for board in all_boards(records, entries, table_of):
        by_file[board.rows[0].newest.dataset.spec.slug].append(board)
    return {slug: _page(found, entries, table_of) for slug, found in by_file.items()}


def tables(records: Iterable[Record], entries: Sequence[Metric], table_of: TableOf) -> list[Table]:
    """The table of every setting; arguments and errors as `leaderboard`."""
    return [whole_table(board, entries, table_of) for board in all_boards(records, entries, table_of)]


def write(records: Sequence[Record], entries: Sequence[Metric], folder: Path) -> list[Path]:
    """Write `<folder>/<data set slug>.md` for each data set that has records.

    Raises:
        IstdbenchError: a file could not be written, and the old one stays; or as `leaderboard`.
    """
    paths = []
    for slug, text in leaderboard(records, entries, Store(folder / RECORDS).per_image).items():
        path = folder / f"{slug}.md"
        atomic_write(path, text)
        paths.append(path)
    return paths


LEADERBOARD = Reporter("markdown", "leaderboards as Markdown, one file a data set", write)


def all_boards(records: Iterable[Record], entries: Sequence[Metric], table_of: TableOf) -> Iterator[Board]:
    """A table of every setting and, behind one of a union, of each data set in it; arguments as `leaderboard`."""
    for board in boards(records, entries):
        yield board
        yield from part_boards(board, entries, table_of)


def _page(found: Sequence[Board], entries: Sequence[Metric], table_of: TableOf) -> str:
    first = next((board for board in found if board.truth != "none"), found[0])
    notes, metric = Footnotes(), escaped(defined_on(first.truth, entries)[0].label)
    blocks = [f"# {escaped(found[0].setting.dataset)}", LEGEND.format(metric=metric)]
    badges = legend(run for board in found for row in board.rows for run in row.runs)
    blocks += [folded("How these numbers are made", DETAILS.format(metric=metric, badges=badges))]
    for board in found:
        data, split = code(board.setting.fingerprint[:12]), code(board.setting.split_hash[:12])
        whole = whole_table(board, entries, table_of)
        blocks += [f"## {escaped(whole.title)}", f"Data fingerprint {data}, split {split}."]
        blocks += [ALARMS_LEGEND] if "backgrounds" in whole.facts else []
        blocks += [" ".join(told)] if (told := told_of(board.sequences, board.truth)) else []
        blocks += [to_markdown(front_table(board, whole, entries), notes, narrow=True)]
        blocks += [folded("All columns: every metric, published numbers, records", to_markdown(whole, notes))]
        blocks += [folded("Each sequence", to_markdown(each, notes))] if (each := sequence_table(board)) else []
    if notes.texts:
        blocks += [notes_below(notes)]
    return "\n\n".join(blocks) + "\n"


def whole_table(board: Board, entries: Sequence[Metric], table_of: TableOf) -> Table:
    """A board with all its columns.

    Of images some of which have no target, it says how many: false alarms on backgrounds are of those alone.
    """
    tables = images_of(board, table_of)
    table = board_table(board, entries, row_groups(board, entries, tables))
    if board.sequences:
        title = f"{table.title}, frames of {board.sequences} sequences"
        table = replace(table, title=title, facts={**table.facts, "sequences": board.sequences})
    if ALARMED not in board.shown(entries):
        return table
    title = f"{table.title}, {(backgrounds := count_backgrounds(tables(board.rows[0].newest)))} images without a target"
    return replace(table, title=title, facts={**table.facts, "backgrounds": backgrounds})
