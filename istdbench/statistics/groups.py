"""Rows of a table that cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.lazy import numpy as np
from istdbench.statistics.multiple import holm
from istdbench.statistics.paired import ALPHA, permutation_test
from istdbench.statistics.resampling import ratio


def groups(rows: Sequence[np.ndarray]) -> list[int | None]:
    """Group 1, 2, ... of each row; None where its metric is undefined.

    A group is the best row that is left and every other row left that is not significantly worse than it: paired
    permutation test over the images at 5 %, corrected by Holm for the number of rows tested against that best.
    "Cannot be told apart" is no equivalence relation, so two rows of one group may differ from each other, and a row of
    a later group may be like one of an earlier group that is not its best.

    Args:
        rows: terms (n, 2) of each row, best first, the same images in the same order.
    """
    found: list[int | None] = [None] * len(rows)
    left = [index for index, terms in enumerate(rows) if np.isfinite(ratio(terms.sum(axis=0)))]
    number = 0
    while left:
        number += 1
        best, others = left[0], left[1:]
        adjusted = holm([permutation_test(rows[best], rows[other]) for other in others])
        alike = [other for other, p_value in zip(others, adjusted, strict=True) if p_value >= ALPHA]
        for member in (best, *alike):
            found[member] = number
        left = [other for other in others if other not in alike]
    return found
