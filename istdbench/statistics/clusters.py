"""Images that belong together, such as the frames of a sequence, taken as one.

Intervals and tests take what they resample for independent. Frames of one sequence are not: the next frame shows nearly
the same, so that a thousand frames of six sequences say as much as six scenes do, and an interval over the frames is
far too short. What such images add is summed first, and their sequences are resampled.
"""

from __future__ import annotations

from collections.abc import Sequence

from istdbench.lazy import numpy as np


def summed(terms: np.ndarray, owners: Sequence[str] | None) -> np.ndarray:
    """The terms of each owner, (m, k), in the order of their first images; as they are where there are no owners.

    Args:
        terms: (n, k), what each of n images adds.
        owners: of each image what is resampled as a whole; None where each image stands for itself.

    >>> summed(np.array([[1, 2], [0, 2], [1, 3]]), ["a", "b", "a"]).tolist()
    [[2, 5], [0, 2]]
    """
    if owners is None:
        return terms
    places = {owner: place for place, owner in enumerate(dict.fromkeys(owners))}
    found = np.zeros((len(places), terms.shape[1]), dtype=terms.dtype)
    np.add.at(found, [places[owner] for owner in owners], terms)
    return found
