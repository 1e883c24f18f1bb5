"""Tables as programs read them: every digit, one name a column, and in each row what its numbers depend on."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from istdbench.reports.table import Table, Value
from istdbench.reports.visible import visible

_FORMULA = ("=", "+", "-", "@")
"""What formulas begin with."""


def rows(table: Table) -> list[dict[str, Value]]:
    """Each row by names: each column, what belongs to it, and its notes where there are any."""
    columns = [column for column in table.columns if column.key]
    noted = {column.key for column in columns if any(cell.notes for cell in column.cells)}
    found = []
    for cells in zip(*(column.cells for column in columns), strict=True):
        row: dict[str, Value] = {}
        for column, cell in zip(columns, cells, strict=True):
            row[column.key] = cell.value
            row |= {f"{column.key}_{name}": value for name, value in cell.more.items()}
            if column.key in noted:
                row[f"{column.key}_notes"] = " ".join(cell.notes) or None
        found.append(row)
    return found


def to_json(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Each table with its facts and its rows, as plain values."""
    return [{"title": table.title, **table.facts, "rows": rows(table)} for table in tables]


def to_csv(tables: Sequence[Table]) -> str:
    """The rows of all tables, each begun by its table's facts, below one line of names.

    What a row has not, and NaN, is empty. A float has the digits that give it back. A text that a spreadsheet would
    take for a formula (https://owasp.org/www-community/attacks/CSV_Injection) has an apostrophe before it, which
    spreadsheets do not show; tables that are read by image names, such as `detections.csv`, keep names as they are.
    """
    found = [{**table.facts, **row} for table in tables for row in rows(table)]
    names = list(dict.fromkeys(name for row in found for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in found)
    return text.getvalue()


def _cell(value: Value) -> Value:
    if isinstance(value, str):
        shown = visible(value)
        return f"'{shown}" if shown.startswith(_FORMULA) else shown
    return None if value != value else value
