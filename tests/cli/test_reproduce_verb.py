"""`istdbench reproduce`, as its user calls it."""

from __future__ import annotations

import pytest

from istdbench.probes.probe import ProbeError


@pytest.mark.parametrize("what", ["table1", "table2", "table3", "fig1", "fig5", "fig6"])
def test_each_has_help_with_an_example(istdbench, what):
    assert f"istdbench reproduce {what} " in istdbench(f"reproduce {what} --help").stdout.replace("\n", " ")


@pytest.mark.parametrize("table", ["table1", "table2", "table3"])
def test_a_table_is_printed_and_written_even_without_records(istdbench, tmp_path, table):
    result = istdbench(f"reproduce {table} --out views")
    page = (tmp_path / "views" / f"{table}.md").read_text()
    assert f"# Table {table[-1]} of MiM-ISTD" in page and "published[^1]" in page
    assert "mim_istd" in result.stdout and f"views/{table}.md" in result.stdout


def test_table_2_is_measured_when_asked_and_a_probe_that_fails_is_named(istdbench, tmp_path, monkeypatch):
    def fake(probe, method, options, size, device):
        if (method.name, probe.name) == ("acm", "memory"):
            raise ProbeError("probe memory of acm: killed")
        return {"median_ms": 7.5} if probe.name == "latency" else {}

    monkeypatch.setattr("istdbench.runs.probing.run_probe", fake)
    result = istdbench("reproduce table2 --measure", code=1)
    assert "probe memory of acm: killed" in result.stderr
    assert "7.5" in (tmp_path / "paper" / "table2.md").read_text()


def test_sides_that_are_no_numbers_are_wrong_usage(istdbench):
    assert "--sizes 'large'" in istdbench("reproduce fig1 --sizes large", code=2).stderr


def test_a_figure_of_records_that_are_not_there_says_how_to_make_them(istdbench):
    error = istdbench("reproduce fig5", code=2).stderr
    assert "istdbench run --methods mim_istd,baseline,conv_inner --dataset nuaa" in error


def test_fig6_of_a_trained_network_and_of_what_has_no_stages(istdbench, tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn, of the extra istdbench[paper], is not installed")
    data = "synth:n=4,size=64"
    istdbench(f"run --methods baseline,tophat --dataset {data} --protocol smoke --train --probes none")
    line = f"reproduce fig6 --dataset {data}"
    istdbench(f"{line} --methods baseline --image test_0002")
    text = (tmp_path / "paper" / "fig6.svg").read_text()
    for word in ("baseline", "test_0002", "stage 4, stride 32", "cell with a target"):
        assert f">{word}<" in text
    assert "no image 'test_0009'" in istdbench(f"{line} --methods baseline --image test_0009", code=2).stderr
    assert "'tophat' is classical" in istdbench(f"{line} --methods tophat", code=2).stderr
