"""What a plugin's work changed of the global state, and how it is put back: after an import, a hook and a job.

What belongs to that state is listed in `istdbench.plugins.global_state`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from istdbench.plugins.global_state import SETTINGS, UNKNOWN, Setting

State = dict[str, Any]
"""The value of each setting, by its name."""


def snapshot() -> State:
    """The value by its name of every setting that there is by now."""
    return {setting.name: setting.get() for setting in SETTINGS if setting.is_there}


def changed(before: State, after: State) -> list[Setting]:
    """The settings that differ between two snapshots; of a library that was imported between them, from fresh ones."""
    return [
        setting
        for setting in SETTINGS
        if (old := before.get(setting.name, setting.fresh)) is not UNKNOWN and old != after.get(setting.name, old)
    ]


def change_text(setting: Setting, before: State, after: State) -> str:
    """What became of one setting: "torch's default dtype (torch.float32 became torch.float64)"."""
    old, new = before.get(setting.name, setting.fresh), after[setting.name]
    if isinstance(old, Mapping):
        keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        return f"{setting.name} ({', '.join(keys)})"
    short = max(len(str(old)), len(str(new))) < 60
    return f"{setting.name} ({old} became {new})" if short else setting.name


@contextmanager
def preserved() -> Iterator[State]:
    """Puts back every setting that was changed inside, whatever happened; gives the snapshot taken before."""
    before = snapshot()
    try:
        yield before
    finally:
        _put_back(changed(before, snapshot()), before)


@contextmanager
def undisturbed(who: str, *, importing: bool = False) -> Iterator[None]:
    """After a plugin's work, puts back what is marked so, and warns of what was changed, but for random states and the
    warnings filters, which are a library's to advance or add to.

    Args:
        who: whose work it is, as the sentence begins with it; "" warns of nothing.
        importing: an import, which may change what libraries change at theirs.
    """
    before = snapshot()
    try:
        yield
    finally:
        after = snapshot()
        moved = [each for each in changed(before, after) if each.put_back and (each.at_import or not importing)]
        _put_back(moved, before)
        told = [each for each in moved if not each.random and each.name != "the warnings filters"]
        if who and told:
            what = ", ".join(change_text(each, before, after) for each in told)
            fixes = ", ".join(dict.fromkeys(each.instead for each in told))
            warnings.warn(f"{who} changed {what}; it was put back. In the plugin: {fixes}", stacklevel=4)


def _put_back(moved: list[Setting], before: State) -> None:
    for setting in moved:
        setting.put(before.get(setting.name, setting.fresh))
