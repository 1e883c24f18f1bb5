"""Tables on a terminal: columns are left out before a number is cut."""

from __future__ import annotations

import pytest

from istdbench.reports.plain import groups, table

HEADINGS = ["method", "what it is", "IoU", "parameters", "ms"]
ROWS = [
    ["mim_istd", "selective scans over words and sentences", "0.7242 ± 0.0031", "1,678,809", "73.3"],
    ["tophat", "a filter", "0.1823", "0", "1.8"],
]


def shown(monkeypatch: pytest.MonkeyPatch, width: int | None) -> str:
    monkeypatch.setattr("istdbench.reports.plain.terminal_width", lambda: width)
    return table(HEADINGS, ROWS, numbers=HEADINGS[2:])


@pytest.mark.parametrize("width", range(20, 110, 3))
def test_what_is_shown_is_whole_and_what_is_not_is_named(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    text = shown(monkeypatch, width)
    *lines, last = text.splitlines()
    hidden = last.removeprefix("not shown: ").partition(";")[0].split(", ") if last.startswith("not shown") else []
    assert hidden == HEADINGS[len(HEADINGS) - len(hidden) :]
    for place, heading in enumerate(HEADINGS):
        if heading not in hidden and place != 1:
            assert all(row[place] in text for row in ROWS)
    assert max(map(len, lines)) <= max(width, len("mim_istd") + 2 + 12)


def test_wide_terminals_show_all_and_so_does_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not shown" not in shown(monkeypatch, 100)
    whole = shown(monkeypatch, None)
    assert all(cell in whole for row in ROWS for cell in row) and len(whole.splitlines()) == 4


def test_a_file_gets_everything_whatever_the_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert all(cell in table(HEADINGS, ROWS) for row in ROWS for cell in row)


FORTY = {
    "mamba": [(f"network_{number}", f"{'what it is made of, and how ' * (number % 5)}it ends") for number in range(20)],
    "a-package 1.0": [(f"a_rather_long_name_{number}", "one short line") for number in range(20)],
}


@pytest.mark.parametrize("width", [60, 80, 120])
def test_forty_names_stand_in_groups_with_one_line_each_no_wider_than_the_terminal(monkeypatch, width):
    monkeypatch.setattr("istdbench.reports.plain.terminal_width", lambda: width)
    lines = groups(FORTY).splitlines()
    assert max(map(len, lines)) <= width
    assert [line for line in lines if line and not line.startswith((" ", "…"))] == list(FORTY)
    assert [line.split()[0] for line in lines if line.startswith(" ")] == [
        n for rows in FORTY.values() for n, _ in rows
    ]
    shortened = [line for line in lines if line.endswith("…")]
    assert shortened and all(
        line[:-1].endswith(("what", "it", "is", "made", "of,", "and", "how")) for line in shortened
    )
    assert lines[-1] == "… cut short; widen the terminal, or pipe the output"


def test_all_of_a_line_is_shown_where_it_fits_and_in_a_file(monkeypatch):
    for width in (300, None):
        monkeypatch.setattr("istdbench.reports.plain.terminal_width", lambda width=width: width)
        text = groups(FORTY)
        assert "…" not in text and all(line in text for rows in FORTY.values() for _, line in rows)
