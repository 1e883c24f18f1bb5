"""A folder of records: a JSON file a run, a CSV table of its per-image counts beside it."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from istdbench.errors import DataError, IstdbenchError
from istdbench.files import atomic_write, read_file, remove_leftovers, sha256_bytes
from istdbench.lazy import pandas as pd
from istdbench.locks import locked
from istdbench.results.agreement import disagreeing
from istdbench.results.record import Record
from istdbench.results.record_parts import PerImageInfo, first_fault
from istdbench.results.soundness import check_ranges, check_table
from istdbench.spec import parse_spec
from istdbench.statistics.tables import count_table

RECORDS = "records"
"""The store's folder, beside the reports that are made from it and link into it."""
LOCK = ".lock"
"""The store's file whose lock is held by the one process that writes there."""

MEND = "restore it, or delete it and run again"
"""What mends a damaged record, whatever made it."""


def read_record(path: Path) -> Record:
    """The record in a JSON file, wherever it lies.

    Raises:
        IstdbenchError: the file cannot be read, is no record, or says what no run can have given.
    """
    try:
        return _parsed(read_file(path))
    except OSError as error:
        raise IstdbenchError(
            f"{path}: cannot be read ({error.strerror}); move it away, or give a record's .json file"
        ) from error
    except DataError as error:
        raise IstdbenchError(f"{path}: not a record ({error}); move it away, or delete it and run again") from error


def _parsed(content: bytes) -> Record:
    try:
        record = Record.model_validate_json(content)
    except ValidationError as error:
        raise DataError(first_fault(error)) from error
    check_ranges(record)
    return record


class Store:
    """Records under `root`, at `<dataset>/<protocol>/<method>-seed<seed>-<key>.json`.

    A record is complete when its JSON file is there: the table is written before it, under a name that holds its own
    hash, so that a run made again (`--force`) never touches what the old record points at.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Inside the block no other process saves a record here, or writes a page from them.

        Raises:
            IstdbenchError: the folder cannot be written, or its file system has no locks.
        """
        return locked(self.root / LOCK)

    def save(self, record: Record, per_image: pd.DataFrame | Iterable[Mapping[str, Any]]) -> Path:
        """Write a record and its table; a record of the same key is replaced.

        Args:
            record: `per_image` in it is filled in here.
            per_image: one row an image: `name`, then its counts.

        Returns:
            The path of the JSON file.

        Raises:
            IstdbenchError: the record could not be read again, or nothing could be written; what stood there before
                still does.
        """
        frame = per_image if isinstance(per_image, pd.DataFrame) else pd.DataFrame(list(per_image))
        table = frame.to_csv(index=False, lineterminator="\n").encode(errors="surrogateescape")
        try:
            check_table(_parsed(record.to_json().encode()), _frame(table))
        except DataError as error:
            raise DataError(
                f"{self.root}: the run of {record.method.name} is not recorded, since its record could not be read "
                f"again ({error}); look at the list of test images and at the score maps"
            ) from error
        path = self.root / record.path
        digest = sha256_bytes(table)
        table_path = path.with_name(f"{path.stem}-{digest[:8]}.csv")
        text = record.model_copy(update={"per_image": PerImageInfo(file=table_path.name, sha256=digest)}).to_json()
        with self.locked():
            self._write(path, text, table_path, table)
        return path

    def _write(self, path: Path, text: str, table_path: Path, table: bytes) -> None:
        """The table, then the record that points at it; only then goes the table that the old record pointed at."""
        existed = table_path.exists()
        try:
            atomic_write(table_path, table)
            atomic_write(path, text)
        except BaseException:
            if not existed:
                with contextlib.suppress(OSError):
                    table_path.unlink(missing_ok=True)
            raise
        for old in path.parent.iterdir():
            if old.suffix == ".csv" and old.name.startswith(f"{path.stem}-") and old != table_path:
                with contextlib.suppress(OSError):  # the new record stands; a table left over does no harm
                    old.unlink()
        remove_leftovers(path.parent)

    def find(self, key: str) -> Record | None:
        """The record of that key, None when the run was not made yet.

        Raises:
            IstdbenchError: its file is damaged, or its values are not what its table gives.
        """
        damage = None
        for path in sorted(self.root.glob(f"*/*/*-{key[:12]}.json")):
            try:
                record, _ = self._sound(path)
            except IstdbenchError as error:
                damage = damage or error
            else:
                if record.key == key:
                    return record
        if damage is not None:
            raise damage
        return None

    def of(self, *, dataset: str, protocol: str, seed: int) -> Iterator[Record]:
        """The records of a data set, a protocol and a seed, whatever the method; a warning names each damaged file."""
        folder = self.root / parse_spec(dataset).slug / parse_spec(protocol).slug
        for path in sorted(folder.glob(f"*-seed{seed}-*.json")):
            try:
                yield self.load(path)
            except IstdbenchError as error:
                warnings.warn(f"left out: {error}", stacklevel=2)

    def load_all(self) -> list[Record]:
        """Every sound record, in the order of their paths; a warning names each of the others, and what mends it."""
        records, problems = self.examine()
        for problem in problems:
            warnings.warn(f"left out: {problem}", stacklevel=2)
        return records

    def examine(self) -> tuple[list[Record], list[str]]:
        """Every sound record, in the order of their paths, and what is wrong with each of the others."""
        found, problems = {}, []
        for path in self.paths():
            try:
                found[path] = self._sound(path)
            except IstdbenchError as error:
                problems.append(str(error))
        odd = disagreeing(found)
        return [record for path, (record, _) in found.items() if path not in odd], [*problems, *odd.values()]

    def _sound(self, path: Path) -> tuple[Record, pd.DataFrame]:
        record = self.load(path)
        try:
            return record, self.check(record)
        except IstdbenchError:
            record = self.load(path)  # another process may have put a newer one in its place
            return record, self.check(record)

    def check(self, record: Record) -> pd.DataFrame:
        """The per-image table of a stored record, once the record has been found to be what its table gives.

        Raises:
            IstdbenchError: the table is missing, was changed or gives other values.
        """
        frame = self.per_image(record)
        try:
            check_table(record, frame)
        except DataError as error:
            raise DataError(f"{self.root / record.path}: {error}; {MEND}") from error
        return frame

    def paths(self) -> list[Path]:
        """The JSON file of every record, sorted by its path under the root."""
        return sorted(self.root.glob("*/*/*.json"), key=lambda path: path.relative_to(self.root).as_posix())

    def per_image(self, record: Record) -> pd.DataFrame:
        """The table of a stored record, one row an image.

        Raises:
            IstdbenchError: the record was not stored, or the table is missing or was changed.
        """
        if record.per_image is None:
            raise IstdbenchError(f"{record.path}: not stored yet, so there is no per-image table; save it first")
        path = (self.root / record.path).with_name(record.per_image.file)
        try:
            content = read_file(path)
        except OSError as error:
            raise IstdbenchError(f"{path}: cannot be read ({error.strerror}); {_mend(record)}") from error
        if sha256_bytes(content) != record.per_image.sha256:
            raise IstdbenchError(f"{path}: changed since its record was written; {_mend(record)}")
        try:
            frame = _frame(content)
            count_table(frame)
        except DataError as error:
            raise DataError(f"{path}: {error}; {_mend(record)}") from error
        return frame

    def load(self, path: Path) -> Record:
        """The record of a JSON file of this store.

        Raises:
            IstdbenchError: it cannot be read, is not a record, or does not belong where it stands.
        """
        record = read_record(path)
        if path != self.root / record.path:
            raise IstdbenchError(f"{path}: its content belongs at {record.path}, so it was changed or moved; {MEND}")
        return record


def _mend(record: Record) -> str:
    """What mends the table of a record."""
    return f"restore it, or delete {record.path.name} beside it and run again"


def _frame(content: bytes) -> pd.DataFrame:
    """The table in the bytes of a CSV file."""
    # image names are text, also where they look like numbers ("0001") or gaps ("NA")
    try:
        return pd.read_csv(io.BytesIO(content), dtype={"name": str}, keep_default_na=False, na_values=[""])
    except ValueError as error:
        raise DataError(f"no table of counts ({error})") from error
