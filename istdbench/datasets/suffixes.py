"""What the name of a mask or a score map has after its image's, such as `_pixels0` or `_pred`: found, not asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable


def pairing_suffixes(names: Collection[str], stems: Iterable[str]) -> list[str]:
    """The suffixes by which the most stems are a name and the suffix, sorted; several where they pair equally many.

    What goes on with the number that a name ends in is no suffix: `Misc_31` is not `Misc_3` and `1`. Nor is what has a
    folder in it.

    Args:
        names: of the images.
        stems: names of files without their ending.

    >>> pairing_suffixes({"a", "b"}, ["a_pred", "b_pred", "a_overlay"])
    ['_pred']
    """
    cuts = ((stem[:end], stem[end:]) for stem in stems for end in range(1, len(stem) + 1))
    counts = Counter(suffix for name, suffix in cuts if name in names and _is_suffix(name, suffix))
    return sorted(suffix for suffix, count in counts.items() if count == max(counts.values()))


def _is_suffix(name: str, rest: str) -> bool:
    return "/" not in rest and not (name[-1].isdigit() and rest[:1].isdigit())
