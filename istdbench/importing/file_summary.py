"""What a file of weights holds, in short: for a person who has one and wonders."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from istdbench.errors import WeightsError
from istdbench.files import sha256_file
from istdbench.importing.contents import Tensors, read_contents
from istdbench.jobs.header import WeightsHeader
from istdbench.jobs.preprocessing import preprocessing
from istdbench.jobs.weights import has_header, read_header
from istdbench.results import NetworkInput


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
        input, threshold: what the network sees and where a target begins; None for others' files, and where a file of
            ours leaves it to a protocol that is not here as it was then.
        others: what the file holds beside tensors, as text.
    """

    file: str
    sha256: str
    header: WeightsHeader | None
    input: NetworkInput | None
    threshold: float | None
    sets: list[TensorSet]
    others: list[str]


def summary(path: Path) -> Summary:
    """Look into a file of weights, ours or others'.

    Raises:
        WeightsError: it is absent, damaged, or no file of weights.
    """
    contents = read_contents(path)
    header = read_header(path) if has_header(path) else None
    seen, threshold = (None, None) if header is None else _seen(header, path)
    return Summary(
        file=str(path),
        sha256=sha256_file(path),
        header=header,
        input=seen,
        threshold=threshold,
        sets=[_set(key, tensors) for key, tensors in contents.sets.items()],
        others=list(contents.others),
    )


def _seen(header: WeightsHeader, path: Path) -> tuple[NetworkInput | None, float | None]:
    try:
        return preprocessing(header, path)
    except WeightsError:
        return None, None


def _set(key: str, tensors: Tensors) -> TensorSet:
    dtypes = Counter(str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values())
    return TensorSet(
        key=key,
        numbers=sum(tensor.numel() for tensor in tensors.values()),
        dtypes=dict(dtypes),
        shapes={name: tuple(tensor.shape) for name, tensor in tensors.items()},
    )
