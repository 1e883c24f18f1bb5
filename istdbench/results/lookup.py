"""A record as a person names it: its file, or a part of its path in the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from istdbench.errors import IstdbenchError, UsageError
from istdbench.results.record import Record
from istdbench.results.store import Store, read_record


@dataclass(frozen=True)
class Found:
    """A record and the file that it was read from."""

    record: Record
    file: Path

    @property
    def store(self) -> Store:
        """The store that the file stands in, which has the record's per-image table.

        Raises:
            IstdbenchError: it stands in none, as that of a zoo entry, or one that was moved.
        """
        file = self.file.absolute()
        root = file.parent.parent.parent
        if file != root / self.record.path:
            raise IstdbenchError(
                f"{self.file}: a record outside a folder of records, where it would be {self.record.path}, so its "
                "per-image table is not at hand; name the record of the same run under leaderboards/records"
            )
        return Store(root)


def look_up(text: str, root: Path) -> Found:
    """The one record that is meant.

    Args:
        text: the path of a record's JSON file, in a store or not, or any part of the path under `root` that no other
            record has, such as `nuaa/cpu512/mim_istd-seed0` or the key's digits. Where it is a method's whole name,
            those of which it is only the beginning are not meant.

    Raises:
        UsageError: there is none, or several; the message lists them.
        IstdbenchError: its file is damaged.
    """
    path = Path(text)
    if path.is_file():
        return Found(read_record(path), path)
    store = Store(root)
    known = {path.relative_to(root).with_suffix("").as_posix(): path for path in store.paths()}
    matches = [name for name in known if text in name]
    matches = [name for name in matches if f"/{text}-seed" in f"/{name}"] or matches
    if len(matches) == 1:
        path = known[matches[0]]
        return Found(store.load(path), path)
    if matches:
        raise UsageError(f"{text!r} means {len(matches)} records; name one of them: {', '.join(matches)}")
    raise UsageError(
        f"no record {text!r}: neither a file, nor a part of the name of one under {root}; "
        f"there are: {', '.join(known) or 'none'}"
    )
