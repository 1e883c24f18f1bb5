"""A record as a person names it: its file, or a part of its path in the store."""

from __future__ import annotations

from pathlib import Path

from istdbench.errors import UsageError
from istdbench.results.record import Record
from istdbench.results.store import Store


def look_up(text: str, root: Path) -> tuple[Store, Record]:
    """The one record that is meant, and the store it is in.

    Args:
        text: the path of a JSON file that stands in a store, or any part of the path under `root` that no other record
            has, such as `nuaa/cpu512/mim_istd-seed0` or the key's digits.

    Raises:
        UsageError: there is none, or several; the message lists them.
        IstdbenchError: its file is damaged.
    """
    path = Path(text)
    if path.is_file():
        path = path.absolute()
        store = Store(path.parent.parent.parent)
        return store, store.load(path)
    store = Store(root)
    known = {path.relative_to(root).with_suffix("").as_posix(): path for path in store.paths()}
    matches = [name for name in known if text in name]
    if len(matches) == 1:
        return store, store.load(known[matches[0]])
    if matches:
        raise UsageError(f"{text!r} means {len(matches)} records; name one of them: {', '.join(matches)}")
    raise UsageError(
        f"no record {text!r}: neither a file, nor a part of the name of one under {root}; "
        f"there are: {', '.join(known) or 'none'}"
    )
