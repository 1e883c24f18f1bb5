"""What a person types, and protocol and campaign files: a value, or a usage error; never a traceback."""

from collections.abc import Callable

import pytest
from damage import few_or_many
from hypothesis import given, settings
from hypothesis import strategies as st

from istdbench.campaigns.campaign import load_campaign
from istdbench.cli.options import numbers, quantity
from istdbench.datasets.levels import parse_range
from istdbench.errors import IstdbenchError, UsageError
from istdbench.importing.network_input import parse_input
from istdbench.protocols.changes import parse_changes
from istdbench.protocols.protocol import Protocol, load_protocol
from istdbench.registry import METHODS, build_dataset
from istdbench.spec import parse_spec, parse_specs

PIECES = (
    *':,="/-[]() \n%é',
    "\x00",
    "\udcff",
    "nan",
    "inf",
    "1e999",
    "1" * 5000,
    "-1",
    "none",
    "true",
    "::",
    '""',
    "..",
)
"""What is put into a text: signs that mean something in one, and values that are odd ones."""


@st.composite
def typed(draw: st.DrawFn, whole: str) -> str:
    """A text with pieces put in, taken out and repeated."""
    text = whole
    for _ in range(draw(st.integers(1, 4))):
        at, count = draw(st.integers(0, len(text))), draw(st.integers(0, 5))
        kind = draw(st.sampled_from(("in", "out", "again")))
        middle = {"in": draw(st.sampled_from(PIECES)), "out": "", "again": text[at : at + count] * 2}[kind]
        text = text[:at] + middle + text[at + (0 if kind == "in" else count) :]
    return text


def gives_or_refuses(read: Callable[[str], object], texts: st.SearchStrategy[str], how: settings) -> None:
    """Reading gives a value or an error that a person can mend."""

    @how
    @given(texts)
    def check(text: str) -> None:
        try:
            read(text)
        except IstdbenchError as error:
            assert str(error)

    check()


def name_and_options(text):
    spec = parse_spec(text)
    return spec.slug, str(spec)


def resolved(text):
    spec = parse_spec(text)
    return METHODS.get(spec.name).resolve(spec.options)


def set_in_a_protocol(text):
    return Protocol(name="a", summary="b").changed(parse_changes(text)).hash


READERS = {
    "spec": (name_and_options, 'folder:"/data/a,b=c",range=minmax'),
    "specs": (parse_specs, "mim_istd:inner=all,tophat:size=7"),
    "method": (resolved, "mim_istd:inner=all"),
    "classical method": (resolved, "ipi:patch=50,stride=10"),
    "data set": (lambda text: build_dataset(parse_spec(text)), "synth:n=64,scr=3,size=64,seed=1"),
    "folder": (lambda text: build_dataset(parse_spec(text)), "folder:/data/mine,range=10:20,range_of=sequence"),
    "--set": (set_in_a_protocol, "training.epochs=5,training.augmentation.gain=0.7:1.4,data.split=x,input.resize=none"),
    "range": (parse_range, "percentile:1-99.9"),
    "levels": (parse_range, "7000:7800"),
    "--params": (lambda text: quantity("--params", text), "1.68M"),
    "--seeds": (lambda text: numbers("--seeds", text, int), "0,1,2"),
    "--input": (lambda text: parse_input(text, 3), "resize=256,mean=123.675/116.28/103.53,sd=58.395/57.12/57.375"),
}


@few_or_many
@pytest.mark.parametrize("reader", READERS)
def test_what_is_typed_gives_a_value_or_a_usage_error(reader, how):
    read, whole = READERS[reader]
    gives_or_refuses(read, typed(whole), how)


PROTOCOL = """\
summary = "s"
data = dict(split="default", validate_on=None)
input = dict(resize=64)
scoring = dict(threshold=0.5, second_grid=64)
training = dict(epochs=2, losses=dict(dice=1.0), schedule=dict(type="step", milestones=(0.5,)))
per_dataset = dict(synth=dict(training=dict(epochs=3)))
"""
CAMPAIGN = """\
methods = ["tophat", "mpcm:size=7"]
datasets = ["synth:n=8"]
seeds = [0, 1]
out = "lb"
"""
VALUES = (
    "3",
    "None",
    "[]",
    "{}",
    "'x'",
    "[[1]]",
    "{1: 2}",
    "-1",
    "1e999",
    "dict(x=1)",
    "b'x'",
    "print",
    "lambda: 1",
    "1/0",
)
LINES = ("_base_ = 'nope.py'", "_base_ = 3", "raise ValueError", "x = ", "_delete_ = True", "class A: pass", "zzz = 3")


@st.composite
def programs(draw: st.DrawFn, whole: str) -> str:
    """A file in which a value is another, or a line is added."""
    lines = whole.splitlines()
    at = draw(st.integers(0, len(lines) - 1))
    steps = lines[at].split("=")
    place = draw(st.integers(1, len(steps) - 1))
    tail = steps[place].partition(",")[2]
    steps[place] = f"{draw(st.sampled_from(VALUES))}{',' + tail if tail else ')' * lines[at].endswith(')')}"
    changed = [*lines[:at], "=".join(steps), *lines[at + 1 :]]
    return "\n".join(draw(st.sampled_from((changed, [*lines, draw(st.sampled_from(LINES))]))))


@few_or_many
@pytest.mark.parametrize(
    ("load", "whole"),
    [(lambda path: load_protocol(str(path), "synth").hash, PROTOCOL), (load_campaign, CAMPAIGN)],
    ids=["protocol", "campaign"],
)
def test_a_protocol_or_campaign_with_odd_values_is_read_or_refused(load, whole, how, tmp_path):
    def read(text):
        path = tmp_path / "mine.py"
        path.write_text(text)
        try:
            return load(path)
        except IstdbenchError as error:
            assert "mine.py" in str(error)
            raise

    gives_or_refuses(read, programs(whole), how)


@pytest.mark.parametrize("said", ["3", "dict(synth=3)", "dict(synth=dict(training=dict(epochs=dict(a=1))))"])
def test_what_a_protocol_says_of_a_data_set_is_checked(said, tmp_path):
    (tmp_path / "mine.py").write_text(f"{PROTOCOL}per_dataset = {said}\n")
    with pytest.raises(UsageError, match=r"mine\.py"):
        load_protocol(str(tmp_path / "mine.py"), "synth")
