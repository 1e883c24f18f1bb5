"""Saving and reading records; what stays when the disk does not play along."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from results.sample_records import given_by, make_record

from istdbench.errors import IstdbenchError
from istdbench.files import temporary_beside
from istdbench.metrics.counts import FIELDS
from istdbench.results import Record, Store

EMPTY = dict.fromkeys(FIELDS, 0)
ROWS = [{"name": "0001", **EMPTY, "pixels": 100, "false_pixels": 3}, {"name": "NA", **EMPTY, "pixels": 144}]
OTHER_ROWS = [{"name": "0001", **EMPTY, "pixels": 100, "false_pixels": 4}, {"name": "NA", **EMPTY, "pixels": 144}]


def sample(rows: list[dict[str, Any]] = ROWS, method: str = "mim_istd", seed: int = 0) -> Record:
    """A record with the values that the rows give."""
    return given_by(make_record(method, seed=seed), pd.DataFrame(rows))


def files(root: Path) -> dict[str, bytes]:
    paths = [path for path in root.rglob("*") if path.is_file() and path.name != ".lock"]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def test_a_saved_record_is_found_by_its_key(tmp_path: Path) -> None:
    store, record = Store(tmp_path), sample()
    path = store.save(record, ROWS)
    found = store.find(record.key)
    assert path == tmp_path / record.path
    assert found is not None and found.per_image is not None
    assert found.model_copy(update={"per_image": None}) == record


def test_a_run_that_was_not_made_is_not_found(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(sample(), ROWS)
    assert store.find(sample(seed=1).key) is None
    assert Store(tmp_path / "nowhere").find(sample().key) is None


def test_a_key_that_only_begins_the_same_is_not_found(tmp_path: Path) -> None:
    store, record = Store(tmp_path), sample()
    store.save(record, ROWS)
    assert store.find(record.key[:12] + "0" * 52) is None


def test_the_table_comes_back_with_names_as_text(tmp_path: Path) -> None:
    store, record = Store(tmp_path), sample()
    store.save(record, ROWS)
    [stored] = store.load_all()
    table = store.per_image(stored)
    assert table.to_dict("records") == ROWS


def test_a_data_frame_and_a_list_of_rows_give_the_same_files(tmp_path: Path) -> None:
    Store(tmp_path / "a").save(sample(), ROWS)
    Store(tmp_path / "b").save(sample(), pd.DataFrame(ROWS))
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_floats_in_the_table_come_back_bit_for_bit(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save(sample(), [{**ROWS[0], "iou": 0.1 + 0.2}, {**ROWS[1], "iou": 1 / 3}])
    assert list(store.per_image(store.load_all()[0])["iou"]) == [0.1 + 0.2, 1 / 3]


def test_all_records_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    records = [sample(method=name, seed=seed) for seed in (1, 0) for name in ("tophat", "baseline")]
    for folder, order in (("a", records), ("b", records[::-1])):
        for record in order:
            Store(tmp_path / folder).save(record, ROWS)
    first, second = (Store(tmp_path / folder).load_all() for folder in "ab")
    assert first == second
    assert [(record.method.name, record.seed) for record in first] == [
        ("baseline", 0),
        ("baseline", 1),
        ("tophat", 0),
        ("tophat", 1),
    ]


def test_an_empty_or_missing_folder_has_no_records(tmp_path: Path) -> None:
    assert Store(tmp_path).load_all() == []
    assert Store(tmp_path / "nowhere").load_all() == []


def test_a_run_made_again_replaces_its_record_and_table(tmp_path: Path) -> None:
    store, record = Store(tmp_path), sample()
    store.save(record, ROWS)
    store.save(sample(OTHER_ROWS), OTHER_ROWS)
    assert len(files(tmp_path)) == 2
    assert store.per_image(store.load_all()[0]).to_dict("records") == OTHER_ROWS


def full_disk_for(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """No file with this ending can be renamed into place."""
    replace = Path.replace

    def fail(self: Path, target: Any) -> Path:
        if Path(target).suffix == suffix:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    full_disk_for(monkeypatch, suffix)
    with pytest.raises(IstdbenchError, match=r"No space left on device.*free some space"):
        Store(tmp_path).save(sample(), ROWS)
    assert files(tmp_path) == {}


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize("rows", [ROWS, OTHER_ROWS])
def test_a_full_disk_loses_no_older_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, rows: list[dict[str, Any]]
) -> None:
    store, record = Store(tmp_path), sample()
    store.save(record, ROWS)
    before = files(tmp_path)
    full_disk_for(monkeypatch, suffix)
    with pytest.raises(IstdbenchError):
        store.save(sample(rows), rows)
    assert files(tmp_path) == before
    assert store.per_image(store.load_all()[0]).to_dict("records") == ROWS


def test_ctrl_c_between_the_two_files_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(self: Path, target: Any) -> Path:
        if Path(target).suffix == ".json":
            raise KeyboardInterrupt
        return Path(os.replace(self, target) or target)  # noqa: PTH105

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path).save(sample(), ROWS)
    assert files(tmp_path) == {}


def test_a_read_only_folder_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, record = Store(tmp_path), sample()
    store.save(record, ROWS)
    before = files(tmp_path)

    def refuse(self: Path, *args: Any, **kwargs: Any) -> Any:
        if args and "x" in args[0]:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return unpatched(self, *args, **kwargs)

    unpatched = Path.open
    monkeypatch.setattr(Path, "open", refuse)  # a mode bit would not stop root, who runs tests in containers
    with pytest.raises(IstdbenchError, match="Read-only file system"):
        store.save(sample(OTHER_ROWS), OTHER_ROWS)
    monkeypatch.undo()
    assert files(tmp_path) == before


def test_a_file_where_the_folder_should_be_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "root").write_text("in the way")
    with pytest.raises(IstdbenchError, match="root"):
        Store(tmp_path / "root").save(sample(), ROWS)
    assert (tmp_path / "root").read_text() == "in the way"


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: text[: len(text) // 2], "the file"),
        (lambda text: "", "the file"),
        (lambda text: '{"results": {"acc": 1}}', "not a record"),
        (lambda text: text.replace('"seed": 0,', '"seed": "many",'), "seed"),
        (lambda text: text.replace('"schema_version": 2', '"schema_version": 99'), "schema_version"),
        (lambda text: text.replace('"split": "official"', '"split": "5050"'), "belongs at"),
    ],
)
def test_a_damaged_record_is_an_error_that_names_the_file(tmp_path: Path, damage: Any, says: str) -> None:
    store, record = Store(tmp_path), sample()
    path = store.save(record, ROWS)
    path.write_text(damage(path.read_text()))
    with pytest.raises(IstdbenchError, match=says) as caught:
        store.find(record.key)
    assert str(path) in str(caught.value)


def stored(tmp_path: Path) -> tuple[Store, Record, Path]:
    store = Store(tmp_path)
    path = store.save(sample(), ROWS)
    [record] = store.load_all()
    assert record.per_image is not None
    return store, record, path.with_name(record.per_image.file)


def test_a_changed_table_is_refused(tmp_path: Path) -> None:
    store, record, table = stored(tmp_path)
    table.write_text(table.read_text().replace("3", "0"))
    with pytest.raises(IstdbenchError, match=r"changed since its record.*delete mim_istd-"):
        store.per_image(record)


def test_a_missing_table_is_a_clear_error(tmp_path: Path) -> None:
    store, record, table = stored(tmp_path)
    table.unlink()
    with pytest.raises(IstdbenchError, match=table.name):
        store.per_image(record)


def test_a_record_that_was_never_saved_has_no_table(tmp_path: Path) -> None:
    with pytest.raises(IstdbenchError, match="save it first"):
        Store(tmp_path).per_image(sample())


def test_records_of_a_data_set_protocol_and_seed_come_whatever_the_method(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for record in (first := sample(), sample(seed=first.seed + 1)):
        store.save(record, ROWS)
    found = store.of(dataset=first.dataset.name, protocol=first.protocol.name, seed=first.seed)
    assert [record.key for record in found] == [first.key]
    assert not list(store.of(dataset="other", protocol=first.protocol.name, seed=first.seed))


@pytest.mark.parametrize(
    ("record", "rows", "says"),
    [
        (make_record(images=0), [], "it is of 0 images"),
        (make_record(values={"IoU": 1.5}), ROWS, "IoU is 1.5, and lies in 0 to 1"),
        (sample(OTHER_ROWS), ROWS, "it gives Fa "),
        (sample(), [{**ROWS[0], "targets": -1}, ROWS[1]], "a count is negative"),
        (sample(), [ROWS[0]], "it has 1 images, and its record 2"),
        (sample(), [ROWS[0], ROWS[0]], "it has 1 images, and its record 2"),
    ],
    ids=["no images", "range", "other sums", "negative", "fewer images", "an image twice"],
)
def test_what_could_not_be_read_again_is_not_written(
    tmp_path: Path, record: Record, rows: list[dict[str, Any]], says: str
) -> None:
    with pytest.raises(IstdbenchError, match=says):
        Store(tmp_path).save(record, rows)
    assert list(tmp_path.iterdir()) == []


def test_one_of_a_key_is_found_beside_a_damaged_copy(tmp_path: Path) -> None:
    store, record = Store(tmp_path), sample()
    path = store.save(record, ROWS)
    copy = tmp_path / "a" / "b" / path.name
    copy.parent.mkdir(parents=True)
    copy.write_text("{")
    found = store.find(record.key)
    assert found is not None and found.key == record.key


def test_what_a_killed_process_was_writing_goes_with_the_next_record(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.save(sample(), ROWS)
    leftover = temporary_beside(path)
    leftover.write_text("half")
    store.save(sample(), ROWS)
    assert not leftover.exists() and path.exists()
