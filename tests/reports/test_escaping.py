"""A name stands on a page as it is, whatever it holds: no writer takes a part of it for a part of its own format."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rendered import rendered
from results.sample_records import make_record

from istdbench.metrics import REFERENCE
from istdbench.reports import figures, markdown
from istdbench.reports.footnotes import Footnotes
from istdbench.reports.html import plots
from istdbench.reports.latex import to_latex
from istdbench.reports.limits_plot import plot
from istdbench.reports.plain import to_plain
from istdbench.reports.rows import boards
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.reports.table_values import to_csv
from istdbench.reports.visible import visible
from istdbench.results.limit_point import LimitPoint

HOSTILE = (
    "<script>alert(1)</script>",
    "<!-- hidden -->",
    "&lt;b&gt; &#42;",
    "# heading #",
    "a|b",
    r"a\|b",
    "ends in \\",
    "`code`",
    "``",
    "[link](http://evil.example)",
    "[link]: http://evil.example",
    "![image](x.png)",
    "<http://evil.example>",
    "*a* __b__ _c_ ~~d~~",
    "[^1]",
    "[^1]: a note of our own",
    "- item",
    "1. item",
    "10) item",
    "> quote",
    "---",
    "===",
    "    code",
    "two\n# lines",
    "two\r\n| a | b |",
    "gone\x00\x1b[31m",
    "\u202eturned\u2069",
    "line\u2028separator",
    "$x^2$ $",
    r"\$x$",
    r"\frac{1}{2} %comment ~ ^ & # _",
    "^^41 ''quotes'' ,,low-- ?` !`",
    "=HYPERLINK(1)",
)
TEXTS = st.text(st.sampled_from("ab1_*`~[]()<>!#&|\\$.-+=:^@ \n\t'%{}/\u202e"), max_size=12) | st.text(max_size=12)


def table_of(text: str) -> Table:
    """A table whose every text is this one."""
    column = Column("name", text, [words(text, [text])], number=False, notes=[text])
    return Table(text, {"split": text}, [column, Column("n", "n", [words("1")])], [text])


def seen(text: str) -> str:
    """The text as a page shows it: on one line, without spaces around it, which no format keeps."""
    return visible(text).strip(" ")


def check_markdown(text: str) -> None:
    page = rendered(markdown.pages([table_of(text)]))
    assert not page.kinds and not page.paragraphs
    marked = visible(text).lstrip(" ") + "[^1]"
    assert page.headings == [seen(text)]
    assert page.cells == [[marked, "n"], [marked, "1"]]
    assert page.notes == [seen(text)] * bool(seen(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_a_name_and_obeys_nothing_in_it(text: str) -> None:
    check_markdown(text)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_markdown_shows_any_text(text: str) -> None:
    check_markdown(text)


@given(st.sampled_from(HOSTILE) | TEXTS.filter(bool))
def test_small_print_in_markdown_is_the_text(text: str) -> None:
    table = Table("", {}, [Column("m", "m", [Cell("a", None, behind=text)])])
    page = rendered(markdown.to_markdown(table, Footnotes(), narrow=True))
    assert page.kinds == {"html_inline"}
    assert page.cells == [["m"], [f"a<br><sub>{visible(text).lstrip(' ')}</sub>"]]


@given(TEXTS.filter(bool))
def test_code_in_markdown_is_the_text(text: str) -> None:
    page = rendered(f"before {markdown.code(text)} after")
    assert page.kinds == {"code_inline"} and page.paragraphs == [f"before {visible(text)} after"]


@given(TEXTS)
def test_a_link_has_its_text_and_leads_where_it_says(text: str) -> None:
    page = rendered(markdown.link(text or "a", "records/a (b).json"))
    assert page.kinds == {"link_open", "link_close"} and page.paragraphs == [visible(text or "a").lstrip(" ")]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(HOSTILE) | TEXTS)
def test_latex_takes_no_letter_of_a_text_for_a_command(text: str) -> None:
    lines = to_latex([table_of(text)]).splitlines()
    assert sum(not line.startswith("%") for line in lines) == 13  # nothing breaks out of a comment or a row
    [caption] = [line for line in lines if line.startswith(r"  \caption{")]
    inside = caption.removeprefix(r"  \caption{").removesuffix("}")
    ours = r"\\text[a-z]+\{\}|\\[{}$&#%_]|\$-\$|\$\\[a-z]+\$|\$\^\{[-\d]+\}\$|(?<=[-',])\{\}"
    assert not re.search(r"[\\{}$&#%_^~<>|\"`]|--|''|,,", re.sub(ours, "x", inside))


@settings(deadline=None)
@given(st.sampled_from(HOSTILE) | TEXTS)
def test_no_cell_of_a_csv_is_a_formula_to_a_spreadsheet(text: str) -> None:
    names, row = csv.reader(io.StringIO(to_csv([table_of(text)]), newline=""))
    for cell in (row[names.index("split")], row[names.index("name")]):
        assert cell in (visible(text), f"'{visible(text)}") and not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_below_zero_stay_numbers_in_a_csv() -> None:
    assert to_csv([Table("", {"low": -0.5}, [Column("n", "n", [words("a")])])]) == "low,n\n-0.5,a\n"


@pytest.mark.parametrize("name", [*HOSTILE, r"$\notacommand{$", "a$b"])
def test_a_plot_shows_a_name_as_it_is(name: str, tmp_path: Path) -> None:
    points = [LimitPoint(name, scr, 1.0, 0.5, 10, 5, 1e-5) for scr in (1.0, 2.0)]
    plot(points, 1e-5, tmp_path / "limits.svg")
    texts = ["".join(each.itertext()) for each in ElementTree.parse(tmp_path / "limits.svg").getroot().iter()]
    assert visible(name) in texts


def test_a_figure_shows_a_title_as_it_is() -> None:
    assert figures.label("$a$\n\\$") == "\\$a\\$\\n\\\\$"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_terminal_gets_no_control_characters(text: str) -> None:
    shown = to_plain(table_of(text), Footnotes())
    assert all(line.isprintable() for line in shown.split("\n")) and len(shown.split("\n")) == 4


@pytest.mark.parametrize("name", [r"a:of=$\notacommand{$", "a:of=<b>$x$", "a:of=\u202e"])
def test_the_report_s_plots_show_the_names_of_its_rows(name: str) -> None:
    [board] = boards([make_record(name), make_record("b")], REFERENCE)
    svg = figures.inline_svg(plots.costs(board, REFERENCE[0]), "costs", name)
    whole = svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)
    assert visible(name) in ["".join(each.itertext()) for each in ElementTree.fromstring(whole).iter()]
