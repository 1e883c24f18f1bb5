"""From the table beside a record to the counts that statistics are made of."""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.errors import DataError
from istdbench.lazy import numpy as np
from istdbench.lazy import pandas as pd
from istdbench.metrics.alarms import is_background
from istdbench.metrics.counts import FIELDS, ImageCounts


def count_table(frame: pd.DataFrame) -> np.ndarray:
    """The counts (n, 9) int64 of a stored per-image table, in its order.

    Raises:
        DataError: a column is missing, or holds what is no whole number.
    """
    missing = [name for name in ("name", *FIELDS) if name not in frame.columns]
    if missing:
        raise DataError(f"the per-image table has no column {', '.join(missing)}")
    counts = frame[list(FIELDS)]
    broken = [str(name) for name, kind in counts.dtypes.items() if len(frame) and kind.kind not in "iu"]
    if broken:
        told = ", ".join(broken)
        raise DataError(f"the per-image table has other than whole numbers in column {told}")
    return counts.to_numpy(dtype=np.int64)


def count_backgrounds(frame: pd.DataFrame) -> int:
    """How many images of a stored per-image table have no target.

    Raises:
        DataError: as `count_table`.
    """
    return int(is_background(ImageCounts(*count_table(frame).T)).sum())


def aligned(frames: Sequence[pd.DataFrame]) -> list[np.ndarray]:
    """The counts of several stored tables, every one in the image order of the first.

    Raises:
        DataError: they are not of the same images, or a column is missing.
    """
    tables = [count_table(frame) for frame in frames]
    places = [{name: place for place, name in enumerate(frame["name"])} for frame in frames]
    for other in places[1:]:
        if odd := places[0].keys() ^ other.keys():
            raise DataError(
                f"not the same images: {len(odd)} are in one table only ({', '.join(sorted(odd)[:3])}); "
                "run the methods on the same images"
            )
    return [table[[place[name] for name in places[0]]] for table, place in zip(tables, places, strict=True)]
