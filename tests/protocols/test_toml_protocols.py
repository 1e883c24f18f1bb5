"""Protocols as TOML: the same protocol as in Python, the same messages, and nothing is run."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from istdbench.errors import UsageError
from istdbench.protocols.as_toml import as_toml
from istdbench.protocols.listing import protocol_names
from istdbench.protocols.protocol import load_protocol

DATASETS = ("nuaa", "irstd1k", "synth:n=4", "folder:/x", "another")
EXAMPLE = Path(__file__).parents[2] / "examples" / "protocols" / "small_crops.toml"
IN_PYTHON = """
_base_ = "{folder}/cpu512.py"
summary = "cpu512 in crops of 128, validated, Dice alone"
data = dict(train="train", validate_on="val")
scoring = dict(second_grid=None)
training = dict(batch=16, losses=dict(_delete_=True, dice=1.0), augmentation=dict(crop=128, zoom=(0.8, 1.25)))
per_dataset = dict(irstd1k=dict(training=dict(epochs=100)))
"""


@pytest.fixture
def written(tmp_path: Path):
    """`written(text)` is the path of a TOML file of it."""

    def write(text: str, name: str = "mine.toml") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_example_is_the_same_protocol_as_in_python(dataset: str, tmp_path: Path) -> None:
    import istdbench.protocols.listing as listing

    python = tmp_path / "small_crops.py"
    python.write_text(IN_PYTHON.format(folder=listing.FOLDER))
    ours, theirs = load_protocol(str(EXAMPLE), dataset), load_protocol(str(python), dataset)
    assert ours.model_dump() == theirs.model_dump()
    assert (ours.hash, ours.training_hash) == (theirs.hash, theirs.training_hash)
    assert ours.training.losses == {"dice": 1.0} and ours.training.epochs == (100 if dataset == "irstd1k" else 350)


@pytest.mark.parametrize(
    "name",
    [
        *protocol_names(),
        str(EXAMPLE),
        "native:training.epochs=5,input.resize=256,training.clip_norm=none",
        "mim2024:data.validate_on=val,training.losses.bce=2,training.augmentation.zoom=0.8:1.2",
    ],
)
def test_a_protocol_written_as_toml_is_the_same_on_every_data_set(name: str, written) -> None:
    copy = written(as_toml(name))
    for dataset in DATASETS:
        before, after = load_protocol(name, dataset), load_protocol(copy, dataset)
        assert (after.hash, after.training_hash) == (before.hash, before.training_hash)
        assert after.summary == before.summary


def test_what_is_set_over_methods_own_recipes_has_no_file() -> None:
    with pytest.raises(UsageError, match="goes over each method's own recipe"):
        as_toml("published:training.epochs=5")


def test_the_verb_prints_what_is_a_file_of_the_same_protocol(istdbench, written) -> None:
    path = written(istdbench("protocol native:training.epochs=5").stdout)
    assert load_protocol(path, "nuaa").hash == load_protocol("native:training.epochs=5", "nuaa").hash
    istdbench(f"run --methods tophat --dataset synth:n=8,size=64 --protocol {path} --probes none --out {path}.out")
    [record] = Path(f"{path}.out", "records").glob("*/mine/tophat-*.json")
    assert load_protocol(path, "synth").hash in record.read_text()


def test_fields_are_set_behind_a_toml_file_too(written) -> None:
    path = written('_base_ = "native"\nsummary = "mine"\n')
    changed = load_protocol(f"{path}:training.epochs=7", "nuaa")
    assert (changed.name, changed.training.epochs) == ("mine:training.epochs=7", 7)
    assert load_protocol(changed.typed, "nuaa") == changed


def test_toml_inherits_from_toml_beside_it(written) -> None:
    written('_base_ = "native"\nsummary = "a"\n[training]\nepochs = 3\n', "base.toml")
    path = written('_base_ = "base.toml"\nsummary = "b"\n[training]\nbatch = 2\n')
    assert load_protocol(path, "nuaa").training.model_dump(include={"epochs", "batch"}) == {"epochs": 3, "batch": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "summary = 'a'\n[training]\nepocs = 3",
            r"training\.epocs: no such field; did you mean 'epochs'\? There are: ",
        ),
        ("summary = 'a'\n[trainning]\nepochs = 3", r"trainning: no such field; did you mean 'training'\?"),
        ("summary = 'a'\n[training.losses]\ndise = 1", r"training\.losses\.dise: no such field; did you mean 'dice'\?"),
        ("summary = 'a'\n[training]\nepochs = 'many'", r"training\.epochs: Input should be a valid integer"),
        ("summary = 'a'\n[training]\nepochs = 2020-01-01", r"training\.epochs: Input should be a valid integer"),
        ("summary = 'a'\ntraining = 3", r"training: Input should be"),
        ("summary = 'a'\n_base_ = 'native'\n[data.train]\nx = 1", r"mine\.toml: .*data\.train|train"),
        ("[training]\nepochs = 3", r"summary: Field required"),
        ("summary = 'a'\nname = 'b'", r"name: a protocol is called as its file is"),
        ("summary = 'a'\nper_dataset = 3", r"per_dataset: a table for each data set"),
        ("summary = 'a'\n[per_dataset]\nnuaa = 3", r"per_dataset: a table for each data set"),
        ("summary = 'a'\n[training]\nepochs = 99999999999999999999", r"training\.epochs: Input should be less than"),
        ("summary = 'a'\n[input]\nresize = 100000000", r"input\.resize: Input should be less than or equal to 16384"),
        ("summary = 'a'\n[training.optimizer]\nbetas = [0.9, 2.0]", r"betas\.1: Input should be less than 1"),
        ("summary = ", r"no TOML: Invalid value \(at end of document\)"),
        ("summary = 'a'\nsummary = 'b'", r"no TOML: Cannot overwrite a value"),
        ("_base_ = 3", r"_base_ is 3; give one name or file as a text"),
        ("_base_ = 'natve'", r"_base_ 'natve' is neither the name of what comes with the package nor a \.toml file"),
        ("_base_ = 'mine.toml'", r"_base_ leads back to .*mine\.toml"),
        ("x = " + "[" * 40_000, r"tables within tables, too many"),
        ("x." * 20_000 + "y = 1", r"more than 100 points in a line"),
        ("\n".join(f"[k{n}]\n" + "x." * 95 + "y = 1" for n in range(240)), r"k0: no such field; .* and 236 more"),
        ("# " + "x" * 200_000, r"larger than 50,000 bytes"),
        ("x = " + "9" * 5000, r"no TOML: Exceeds the limit"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_the_file(text: str, message: str, written) -> None:
    with pytest.raises(UsageError, match=message) as error:
        load_protocol(written(text), "nuaa")
    assert "mine.toml" in str(error.value) and len(str(error.value)) < 2000


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"summary = '\xff'")
    with pytest.raises(UsageError, match=r"mine\.toml: no TOML: 'utf-8' codec"):
        load_protocol(str(path), "nuaa")


def test_the_mark_that_an_editor_of_windows_begins_a_file_with_is_none_of_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf_base_ = 'native'\r\nsummary = 'mine'\r\n")
    assert load_protocol(str(path), "nuaa").summary == "mine"


def test_toml_runs_no_program(tmp_path: Path, written) -> None:
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nsummary = 'x'\n")
    for base in ("evil.py", "evil", str(tmp_path / "evil.py"), "../evil.py"):
        with pytest.raises(UsageError, match="is neither the name"):
            load_protocol(written(f"_base_ = {base!r}"), "nuaa")
    assert not (tmp_path / "ran").exists() and "evil" not in sys.modules


VALUES = st.recursive(
    st.sampled_from(["none", "native", "AdamW", 0, 1, -1, 2.5, True, float("nan"), 10**30, "", "a.b", "\x7f"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc._-", max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    [
        "_base_",
        "_delete_",
        "name",
        "summary",
        "data",
        "input",
        "recipe",
        "training",
        "per_dataset",
        "nuaa",
        "losses",
        "x.y",
    ]
)
TABLES = st.recursive(VALUES, lambda inner: st.dictionaries(FIELDS, inner, max_size=4), max_leaves=12)


def check_only_refused(path: Path) -> None:
    """The file is a protocol, or the refusal is a short sentence that names it."""
    try:
        load_protocol(str(path), "nuaa")
    except UsageError as error:
        assert path.name in str(error) and len(str(error)) < 3000


@settings(max_examples=100, deadline=None)
@given(tables=st.dictionaries(FIELDS, TABLES, max_size=6))
def test_any_tables_are_a_protocol_or_refused(tables: dict, tmp_path_factory: pytest.TempPathFactory) -> None:
    from istdbench.protocols.as_toml import _key, _value

    def inline(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{_key(key)} = {inline(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(inline, value)) + "]"
        return "nan" if value != value else _value(value)

    text = "\n".join(f"{_key(key)} = {inline(value)}" for key, value in tables.items())
    assert str(tomllib.loads(text)) == str(tables)  # what is written is what was meant
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8")
    check_only_refused(path)


@settings(max_examples=100, deadline=None)
@given(before=st.binary(max_size=30), at=st.integers(0, 500), cut=st.integers(0, 20))
def test_any_bytes_are_a_protocol_or_refused(
    before: bytes, at: int, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = EXAMPLE.read_bytes()
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content[:at] + before + content[at + cut :])
    check_only_refused(path)
