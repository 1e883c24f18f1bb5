"""Tables of records in LaTeX, CSV and JSON: the same columns and numbers as in Markdown."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace

import pandas as pd
import pytest
from results.sample_records import make_record, table_of

from istdbench.metrics import REFERENCE
from istdbench.protocols.protocol import load_protocol
from istdbench.reports.comparison import Comparison, compare
from istdbench.reports.comparison_table import comparison_table
from istdbench.reports.latex import escaped, to_latex
from istdbench.reports.leaderboard import tables
from istdbench.reports.markdown import pages
from istdbench.reports.table import Cell, Column, Table, words
from istdbench.reports.table_values import to_csv, to_json
from istdbench.results import Record
from istdbench.statistics import Paired

ENDS = {"IoU": (1 / 7, 2 / 3), "Fa": None}


def values(iou: float, fa: float) -> dict[str, float | None]:
    return {"IoU": iou, "nIoU": 1 / 3, "Pd": None, "Fa": fa}


def sample() -> list[Record]:
    """Two settings; a row of two seeds, one that was trained elsewhere, one that nothing was trained for."""
    elsewhere = make_record("baseline", values(2 / 7, 1e-6))
    assert elsewhere.weights is not None
    training = elsewhere.weights.training | {
        "dataset": "irstd1k",
        "protocol": "native",
        "fingerprint": "f",
        "split": "official",
        "training_hash": "g",
    }
    config = load_protocol("native", "nuaa").model_dump(mode="json")
    return [
        make_record("mim_istd:inner=all", values(1 / 3, 1 / 3e5), seed=0, intervals=ENDS),
        make_record("mim_istd:inner=all", values(2 / 3, 1 / 3e5), seed=1, intervals=ENDS),
        elsewhere.model_copy(
            update={
                "weights": elsewhere.weights.model_copy(update={"training": training}),
                "protocol": elsewhere.protocol.model_copy(update={"config": config}),
            }
        ),
        make_record("tophat", values(1 / 9, 2e-4), kind="classical", probes={}),
        make_record("mim_istd", values(0.5, 3e-5), protocol="short", config="another"),
    ]


def made() -> list[Table]:
    return tables(sample(), REFERENCE, table_of)


def bodies(text: str) -> list[list[list[str]]]:
    """The cells of each `tabular`, row by row, by LaTeX's rules: an & separates where no backslash is before it."""
    found = []
    for body in re.findall(r"\\begin\{tabular\}\{[lr]+\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        lines = re.sub(r"\\(top|mid|bottom)rule", "", body).split("\\\\\n")
        found.append([[cell.strip() for cell in re.split(r"(?<!\\)&", line)] for line in lines if line.strip()])
    return found


def depth_stays_whole(text: str) -> bool:
    """Whether each brace is closed; comments and escaped braces left out."""
    depth = 0
    for brace in re.findall(r"[{}]", re.sub(r"\\[{}]|(?<!\\)%.*", "", text)):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def test_latex_has_whole_rows_of_the_brief_columns() -> None:
    text = to_latex(made())
    first, second = bodies(text)
    assert depth_stays_whole(text) and text.count("\\begin{table}") == text.count("\\end{table}") == 2
    heads = re.findall(r"\\begin\{tabular\}\{([lr]+)\}", text)
    assert {len(row) for row in first} == {len(heads[0])} and {len(row) for row in second} == {len(heads[1])}
    assert first[0][:5] == [
        "method",
        r"IoU $\uparrow$",
        r"nIoU $\uparrow$",
        r"Pd $\uparrow$",
        r"Fa $\times$10$^{-6}$ $\downarrow$",
    ]
    assert len(first) == 1 + 3 and len(second) == 1 + 1
    unescaped = re.sub(r"\\.|\$[^$]*\$|(?<!\\)%.*", "", text)
    assert not set("$#^_~") & set(unescaped.replace("&", ""))
    assert text.isascii()


def test_latex_marks_the_best_and_the_second_and_says_where_they_come_from() -> None:
    text = to_latex(made())
    [_, best, second, third], _ = bodies(text)
    assert best[0] == r"mim\_istd:inner=all"
    assert best[1] == r"\textbf{0.5000 $\pm$ 0.2357} {\scriptsize [0.1429, 0.6667]}"
    assert second[1] == r"\underline{0.2857}" and third[1] == "0.1111" and third[3] == r"\textendash{}"
    record = sample()[0]
    comments = [line for line in text.splitlines() if line.startswith("%")]
    for part in (record.protocol.hash, record.dataset.split_hash, "images: 86", f"records/{record.path}"):
        assert any(part in line for line in comments)


def test_a_note_of_a_row_goes_into_every_format() -> None:
    note = "Trained on irstd1k by native."
    assert f"[^1]: {note}" in pages(made()) and "baseline[^1]" in pages(made())
    assert r"baseline$^{1}$" in to_latex(made()) and rf"\footnotesize $^{{1}}$ {note}" in to_latex(made())
    rows = to_json(made())[0]["rows"]
    assert {row["method"]: row["method_notes"] for row in rows} == {
        "mim_istd:inner=all": None,
        "baseline": note,
        "tophat": None,
    }


def test_pandas_reads_the_csv_back_with_every_digit() -> None:
    text = to_csv(made())
    frame = pd.read_csv(io.StringIO(text))
    assert text.count("protocol_hash") == 1 and len(frame) == 4
    expected = [
        {name: value for name, value in table.items() if name not in ("title", "rows")} | row
        for table in to_json(made())
        for row in table["rows"]
    ]
    for (_, read), row in zip(frame.iterrows(), expected, strict=True):
        for name in frame.columns:
            wanted = row.get(name)
            if wanted is None or wanted != wanted:
                assert pd.isna(read[name])
            else:
                assert read[name] == wanted
    best = frame.iloc[0]
    assert best["IoU"] == (1 / 3 + 2 / 3) / 2 and best["IoU_low"] == 1 / 7 and best["Fa"] == 1 / 3e5
    assert best["parameters"] == 1_678_809 and "Model T" in best["latency_ms_notes"]


def test_a_comparison_has_its_numbers_in_every_format() -> None:
    one, other = make_record("a_b", values(0.8, 1e-6)), make_record("c", values(0.7, 2e-6))
    found = compare(one, other, (table_of(one), table_of(other)), REFERENCE)
    table = comparison_table(found, REFERENCE)
    frame = pd.read_csv(io.StringIO(to_csv([table]))).set_index("metric")
    for name, pair in found.metrics.items():
        assert frame.loc[name, "a"] == pair.first or math.isnan(pair.first)
        assert frame.loc[name, "difference"] == pair.difference or math.isnan(pair.difference)
    [rows] = bodies(to_latex([table]))
    assert {len(row) for row in rows} == {6} and r"A: a\_b, B: c" in to_latex([table])


def test_what_a_reader_of_a_comparison_must_know_goes_into_every_format() -> None:
    [one] = [record for record in sample() if record.method.name == "baseline"]
    other = make_record("c", values(0.7, 2e-6))
    apart = Paired(0.8, 0.7, (0.01, 0.2), p_value=0.0555, images=86, needed=250)
    table = comparison_table(Comparison(one, other, {"IoU": apart}), REFERENCE)
    trained, open_ = "Trained on irstd1k by native.", "not shown by p, though the interval leaves out 0: it is open."
    for text in (pages([table]), to_latex([table]), to_csv([table])):
        assert trained in text and open_ in text
    [row] = to_json([table])[0]["rows"]
    assert row["p_notes"].endswith(open_)
    agreeing = Comparison(one, other, {"IoU": replace(apart, p_value=0.01)})
    assert "though" not in to_latex([comparison_table(agreeing, REFERENCE)])


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b & 5 % of #1", r"a\_b \& 5 \% of \#1"),
        (r"{\x}^~$", r"\{\textbackslash{}x\}\textasciicircum{}\textasciitilde{}\$"),
        (
            "`run --train` <a|b>",
            r"\textasciigrave{}run -{}-train\textasciigrave{} \textless{}a\textbar{}b\textgreater{}",
        ),
        ("512 × 512 – 1 ± 2", r"512 $\times$ 512 \textendash{} 1 $\pm$ 2"),
    ],
)
def test_latex_prints_a_text_as_it_is(text: str, latex: str) -> None:
    assert escaped(text) == latex


def test_a_row_does_not_become_an_argument_of_the_one_above() -> None:
    columns = [
        Column("method", "method", [words("a"), words("[b]"), words("*")], number=False),
        Column("d", "A − B", [Cell("-0.5", -0.5), Cell("[-1, 2]", None), Cell("–", None)]),
    ]
    [rows] = bodies(to_latex([Table("T", {}, columns)]))
    assert rows[1:] == [["a", "$-$0.5"], ["{}[b]", "[$-$1, 2]"], ["{}*", r"\textendash{}"]]
