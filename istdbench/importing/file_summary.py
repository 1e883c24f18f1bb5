"""What a file of weights holds, in short: for a person who has one and wonders."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from istdbench.files import sha256_file
from istdbench.importing.contents import Tensors, read_contents
from istdbench.jobs.header import WeightsHeader
from istdbench.jobs.weights import has_header, read_header


@dataclass(frozen=True)
class TensorSet:
    """A set of tensors in a file.

    Attributes:
        key: of the dictionary in the file that holds it; "" for the file itself.
        numbers: in all its tensors.
        dtypes: how many tensors have each.
        shapes: of each tensor by its name.
    """

    key: str
    numbers: int
    dtypes: dict[str, int]
    shapes: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Summary:
    """A file of weights.

    Attributes:
        header: what a file of ours says of itself; None for others'.
        others: what the file holds beside tensors, as text.
    """

    file: str
    sha256: str
    header: WeightsHeader | None
    sets: list[TensorSet]
    others: list[str]


def summary(path: Path) -> Summary:
    """Look into a file of weights, ours or others'.

    Raises:
        WeightsError: it is absent, damaged, or no file of weights.
    """
    contents = read_contents(path)
    return Summary(
        file=str(path),
        sha256=sha256_file(path),
        header=read_header(path) if has_header(path) else None,
        sets=[_set(key, tensors) for key, tensors in contents.sets.items()],
        others=list(contents.others),
    )


def _set(key: str, tensors: Tensors) -> TensorSet:
    dtypes = Counter(str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values())
    return TensorSet(
        key=key,
        numbers=sum(tensor.numel() for tensor in tensors.values()),
        dtypes=dict(dtypes),
        shapes={name: tuple(tensor.shape) for name, tensor in tensors.items()},
    )
