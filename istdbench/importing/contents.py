"""What a file of weights holds: which sets of tensors, by which names, and what else stands beside them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from istdbench.errors import WeightsError
from istdbench.importing.inert import Holder
from istdbench.importing.mxnet_files import LIST, read_mxnet
from istdbench.importing.torch_files import read_torch
from istdbench.jobs.weights import described

WHOLE = ""
"""Key of a set that is the file itself, in no container."""

DEPTH = 64
"""Dictionaries and modules within one another that are looked into; a file may hold circles of them."""

SHOWN = 5
"""Entries of a file without tensors that its error lists."""

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Contents:
    """What stands in a file.

    Attributes:
        sets: tensors by name, under the key of their container: "" for the file itself, "state_dict", "model.net".
        others: what else the containers hold, as "epoch = 400" or "optimizer: dict".
    """

    path: Path
    sets: Mapping[str, Tensors]
    others: tuple[str, ...]

    def chosen(self, key: str | None) -> tuple[str, Tensors]:
        """The set of a key, or the only one.

        Raises:
            WeightsError: there is none, several and no key, or none of that key.
        """
        if not self.sets:
            held = ", ".join(self.others[:SHOWN]) + (", ..." if len(self.others) > SHOWN else "") or "nothing"
            raise WeightsError(f"weights {self.path}: no tensors by name in it; it holds {held}")
        listed = ", ".join(f"{name or 'the file itself'} ({len(tensors)})" for name, tensors in self.sets.items())
        if key is None and len(self.sets) > 1:
            example = next(filter(None, self.sets))
            raise WeightsError(f"weights {self.path}: several sets of tensors, {listed}; choose one: --key {example}")
        if key is not None and key not in self.sets:
            raise WeightsError(f"weights {self.path}: no set of tensors {key!r}; there are {listed}")
        name = next(iter(self.sets)) if key is None else key
        return name, self.sets[name]


def read_contents(path: Path) -> Contents:
    """Open a file of weights: of `torch.save`, safetensors or MXNet. No code in it is run.

    Raises:
        WeightsError: it is absent, damaged, or nothing of these.
    """
    if not path.is_file():
        what = "a folder; name a file in it" if path.is_dir() else "no such file"
        raise WeightsError(f"weights {path}: {what}")
    if path.suffix.lower() == ".onnx":
        raise WeightsError(
            f"weights {path}: an exported network (ONNX), no file of weights; name the .safetensors or .pth file that "
            "it was exported from"
        )
    held = _held(path)
    sets: dict[str, Tensors] = {}
    others: list[str] = []
    for key, value in _parts(held):
        if isinstance(value, Mapping):
            sets[key] = value
        else:
            others.append(f"{key} {value}".strip())
    return Contents(path, sets, tuple(others))


def _held(path: Path) -> Any:
    with path.open("rb") as file:
        start = file.read(9)
    if start.startswith(LIST):
        return read_mxnet(path)
    if start[8:] == b"{":
        return _safetensors(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on protocols of pickle; what it cannot read is read below
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # of any kind: objects of some class are in it, or it is damaged, and the other reader says how
        return read_torch(path)


def _safetensors(path: Path) -> dict[str, Tensor]:
    import safetensors.torch
    from safetensors import SafetensorError

    described(path)  # its errors say what is wrong
    try:
        return safetensors.torch.load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"weights {path}: not a readable safetensors file ({error})") from error


def _parts(value: Any, key: str = WHOLE, depth: int = 0) -> Iterator[tuple[str, Tensors | str]]:
    """Sets of tensors in nested dictionaries, each with its key; what is no set of tensors, as text."""
    if isinstance(value, Holder):
        tensors = dict(_of_module(value))
        yield key, tensors or f"({type(value).__name__})"
        return
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value) or depth > DEPTH:
        yield key, _told(value)
        return
    tensors = {name: item for name, item in value.items() if isinstance(item, Tensor)}
    if tensors:
        yield key, tensors
    for name, item in value.items():
        if name not in tensors:
            yield from _parts(item, f"{key}.{name}" if key else name, depth + 1)


def _of_module(module: Holder, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Tensor]]:
    """What `state_dict()` of a pickled module would give."""
    state = module.state if isinstance(module.state, dict) else {}
    passing = state.get("_non_persistent_buffers_set")
    passing = passing if isinstance(passing, set) else set()
    for place in ("_parameters", "_buffers"):
        found = state.get(place)
        for name, item in found.items() if isinstance(found, dict) else ():
            if isinstance(item, Tensor) and name not in passing:
                yield f"{prefix}{name}", item
    inside = state.get("_modules")
    for name, item in inside.items() if isinstance(inside, dict) else ():
        if isinstance(item, Holder) and depth < DEPTH:
            yield from _of_module(item, f"{prefix}{name}.", depth + 1)


def _told(value: Any) -> str:
    if isinstance(value, int | float | str | bool) or value is None:
        return f"= {str(value)[:60]}"
    return f"({type(value).__name__})"
