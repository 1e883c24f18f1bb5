"""A record by its file, or by a part of its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from results.sample_records import make_record, save_sample

from istdbench.errors import IstdbenchError, UsageError
from istdbench.results import Store, look_up


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two methods on one data set, one of them on another too."""
    found = Store(tmp_path / "records")
    for record in (make_record("mim_istd"), make_record("baseline"), make_record("mim_istd", name="synth")):
        save_sample(found, record)
    return found


def test_a_file_is_found_wherever_its_store_is(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = store.paths()[0]
    monkeypatch.chdir(path.parent)
    for text in (str(path), path.name):
        found = look_up(text, tmp_path / "elsewhere")
        assert found.record == store.load_all()[0]
        assert len(found.store.per_image(found.record)) == 86


@pytest.mark.parametrize("text", ["baseline", "nuaa/native/mim", "synth"])
def test_a_part_of_the_name_that_no_other_has_is_enough(store: Store, text: str) -> None:
    assert text in look_up(text, store.root).record.path.as_posix()


def test_the_digits_of_the_key_are_enough(store: Store) -> None:
    assert look_up(make_record("baseline").key[:8], store.root).record.method.name == "baseline"


def test_a_name_of_several_records_lists_them(store: Store) -> None:
    with pytest.raises(UsageError, match=r"means 2 records.*nuaa/native/mim_istd-seed0-.*, synth/native/mim_istd"):
        look_up("mim_istd", store.root)


def test_a_whole_name_of_a_method_is_not_the_beginning_of_another(store: Store) -> None:
    save_sample(store, make_record("baseline2"))
    for text in ("baseline", "native/baseline"):
        assert look_up(text, store.root).record.method.name == "baseline"
    with pytest.raises(UsageError, match="'baselin' means 2 records"):
        look_up("baselin", store.root)


def test_a_name_of_no_record_lists_all(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no record 'mimm'.*nuaa/native/baseline"):
        look_up("mimm", store.root)
    with pytest.raises(UsageError, match="there are: none"):
        look_up("mim", tmp_path / "nowhere")


def test_a_record_outside_a_store_is_found_and_has_no_table(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "record.json"
    copy.write_bytes(store.paths()[0].read_bytes())
    found = look_up(str(copy), store.root)
    assert (found.record, found.file) == (store.load_all()[0], copy)
    with pytest.raises(IstdbenchError, match=r"record\.json: .* its per-image table is not at hand"):
        _ = found.store


def test_a_file_that_is_no_record_is_refused(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    with pytest.raises(IstdbenchError, match=r"other\.json: not a record"):
        look_up(str(other), store.root)
