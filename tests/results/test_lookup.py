"""A record by its file, or by a part of its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from results.sample_records import make_record, table_of

from istdbench.errors import IstdbenchError, UsageError
from istdbench.results import Store, look_up


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two methods on one data set, one of them on another too."""
    found = Store(tmp_path / "records")
    for record in (make_record("mim_istd"), make_record("baseline"), make_record("mim_istd", name="synth")):
        found.save(record, table_of(record))
    return found


def test_a_file_is_found_wherever_its_store_is(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = store.paths()[0]
    monkeypatch.chdir(path.parent)
    for text in (str(path), path.name):
        found, record = look_up(text, tmp_path / "elsewhere")
        assert record == store.load_all()[0]
        assert len(found.per_image(record)) == 86


@pytest.mark.parametrize("text", ["baseline", "nuaa/native/mim", "synth"])
def test_a_part_of_the_name_that_no_other_has_is_enough(store: Store, text: str) -> None:
    assert text in look_up(text, store.root)[1].path.as_posix()


def test_the_digits_of_the_key_are_enough(store: Store) -> None:
    assert look_up(make_record("baseline").key[:8], store.root)[1].method.name == "baseline"


def test_a_name_of_several_records_lists_them(store: Store) -> None:
    with pytest.raises(UsageError, match=r"means 2 records.*nuaa/native/mim_istd-seed0-.*, synth/native/mim_istd"):
        look_up("mim_istd", store.root)


def test_a_name_of_no_record_lists_all(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no record 'mimm'.*nuaa/native/baseline"):
        look_up("mimm", store.root)
    with pytest.raises(UsageError, match="there are: none"):
        look_up("mim", tmp_path / "nowhere")


def test_a_record_that_was_moved_is_refused(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "copy.json"
    copy.write_bytes(store.paths()[0].read_bytes())
    with pytest.raises(IstdbenchError, match="changed or moved"):
        look_up(str(copy), store.root)
