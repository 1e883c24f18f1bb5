"""Weights of a network as safetensors with a header that says what they are. Never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from istdbench.errors import WeightsError
from istdbench.files import atomic_write
from istdbench.jobs import zoo_files
from istdbench.jobs.header import WeightsHeader
from istdbench.lazy import torch
from istdbench.plugins.guard import calling
from istdbench.protocols.changes import training_slug
from istdbench.released.releases import released_for
from istdbench.settings import home
from istdbench.spec import Scalar, Spec

if TYPE_CHECKING:
    from istdbench.jobs.job import Job
    from istdbench.methods.method import Learned

HEADER = "istdbench"
Origin = Literal["zoo", "trained", "file", "released"]


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights, and where it comes from: the zoo, a training here, a user, or a method's authors."""

    path: Path
    origin: Origin


def save_weights(path: Path, state: Mapping[str, torch.Tensor], header: WeightsHeader) -> None:
    """Write tensors and header as one safetensors file, under a temporary name first."""
    atomic_write(path, content_of(state, header))


def content_of(state: Mapping[str, torch.Tensor], header: WeightsHeader) -> bytes:
    """Tensors and header as the bytes of a safetensors file: the same for the same."""
    import safetensors.torch

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    text = header.model_dump_json(exclude_defaults=True)
    return safetensors.torch.save(tensors, {HEADER: text})


def described(path: Path) -> dict[str, Any]:
    """What a safetensors file says of each of its tensors, and `__metadata__`: 8 bytes of length, then JSON.

    Raises:
        WeightsError: the file is absent, a pickle or damaged.
    """
    if not path.is_file():
        raise WeightsError(f"weights {path}: no such file")
    with path.open("rb") as file:
        start = file.read(9)
        if start[8:] != b"{" and (start[:2] == b"PK" or start[:1] == b"\x80"):  # the length may begin as a pickle does
            raise WeightsError(
                f"weights {path}: this is a pickle (made by torch.save), which can run code when it is read. "
                f"{_take(path)}"
            )
        length = int.from_bytes(start[:8], "little")
        size = path.stat().st_size - 8 - length
        try:
            tensors = json.loads(b"{" + file.read(length - 1)) if size >= 0 else {}
            ends = [tensor["data_offsets"][1] for name, tensor in tensors.items() if name != "__metadata__"]
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise WeightsError(f"weights {path}: not a readable safetensors file ({error})") from error
    if size < 0 or max(ends, default=0) != size:
        raise WeightsError(f"weights {path}: not a readable safetensors file (it ends early, or goes on)")
    return tensors


def has_header(path: Path) -> bool:
    """Whether a file of weights was written by this package; False for one that is no safetensors file."""
    try:
        return HEADER in described(path).get("__metadata__", {})
    except WeightsError:
        return False


def read_header(path: Path) -> WeightsHeader:
    """The header of a weights file; no tensor is read.

    Raises:
        WeightsError: the file is absent, a pickle, damaged, or has no header of ours.
    """
    text = described(path).get("__metadata__", {}).get(HEADER)
    if text is None:
        raise WeightsError(
            f"weights {path}: no {HEADER!r} header, so that it is not known what they are. {_take(path)}"
        )
    try:
        return WeightsHeader.model_validate_json(text)
    except ValidationError as error:
        raise WeightsError(f"weights {path}: damaged header ({error.error_count()} fields)") from error


def load_weights(path: Path) -> tuple[dict[str, torch.Tensor], WeightsHeader]:
    """Tensors (as float32) and header of a weights file.

    Raises:
        WeightsError: as `read_header`.
    """
    import safetensors.torch
    from safetensors import SafetensorError

    header = read_header(path)
    try:
        state = safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"weights {path}: not a readable safetensors file ({error})") from error
    found = {name: _computable(tensor) if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    return found, header


def _computable(tensor: torch.Tensor) -> torch.Tensor:
    """As float32, with 0 for numbers that are smaller than its smallest normal one.

    Weight decay leaves many such in the weights of some authors. They change no score, and a CPU computes with them in
    slow motion: the network of acm-pytorch takes 0.13 s an image without them, and 2.1 s with them.
    """
    numbers = tensor.float()
    return numbers.masked_fill(numbers.abs() < torch.finfo(torch.float32).tiny, 0.0)


def filled_network(method: Learned, options: Mapping[str, Scalar], path: Path) -> tuple[torch.nn.Module, WeightsHeader]:
    """The network of a method with these options and the weights of a file, and the file's header.

    Raises:
        WeightsError: as `load_weights`, or the weights belong to another method or other options.
    """
    state, header = load_weights(path)
    if (header.method, header.options) != (method.name, dict(options)):
        raise WeightsError(
            f"weights {path} belong to {_named(header.method, header.options)}, "
            f"not to {_named(method.name, options)}; give that method, or other weights"
        )
    with calling(f"method {method.name}"):
        network = method.build(**options)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        what = _named(method.name, options)
        raise WeightsError(f"weights {path} do not fit the network of {what}: {error}") from error
    return network, header


def trained_path(job: Job) -> Path:
    """Where `train` leaves the weights of a job."""
    return home() / "weights" / job.dataset_slug / training_slug(job.protocol.name) / f"{job.slug}.safetensors"


def zoo_entry(job: Job) -> str:
    """The name of a job's entry in the zoo; a data set's options do not matter here."""
    return f"{job.dataset.spec.name}/{training_slug(job.protocol.name)}/{job.spec.slug}-seed{job.seed}"


def zoo_path(job: Job) -> Path:
    """Where the zoo's weights of a job are, or will be once they were fetched."""
    return zoo_files.place(zoo_entry(job))


def shipped_for(method: Spec) -> list[str]:
    """The data sets for which the zoo has weights of a method with these options."""
    return sorted({path.parents[2].name for path in zoo_files.places(f"*/*/{method.slug}-seed*")})


def kept_weights(method: Spec, dataset: Spec) -> list[Path]:
    """Where weights of a method with these options that were trained on a data set are, those of the zoo first."""
    shipped = zoo_files.places(f"{dataset.name}/*/{method.slug}-seed*")
    trained = (home() / "weights" / dataset.slug).glob(f"*/{method.slug}-seed*.safetensors")
    return [*shipped, *sorted(trained)]


def find_weights(job: Job) -> WeightsFile:
    """The weights of a job that were trained here, else those of the zoo, which are fetched where they are not here.

    Raises:
        WeightsError: there are none; the message says how to train, and of which other data sets there are some.
        DataError: those of the zoo cannot be fetched.
    """
    if trained_path(job).is_file():
        return WeightsFile(trained_path(job), "trained")
    shipped = zoo_files.obtained(zoo_entry(job))
    why = f"looked in {trained_path(job).parent} and in the package's zoo"
    if shipped is not None:
        training = read_header(shipped).training
        if training is not None and training.training_hash == job.protocol.training_hash:
            return WeightsFile(shipped, "zoo")
        why = f"those in the zoo were trained by an earlier form of protocol {job.protocol.name!r}"
    others = ", ".join(f"--weights {name}" for name in (*shipped_for(job.spec), *released_for(job.spec)))
    raise WeightsError(
        f"no weights for {job} ({why}); train them with `istdbench train {job.spec} --dataset {job.dataset.name} "
        f"--protocol {job.protocol.typed} --seed {job.seed}`, or add --train to this command"
        + (f"; or take others: {others}" if others else "")
    )


def _named(method: str, options: Mapping[str, Scalar]) -> str:
    return f"{method} ({', '.join(f'{key}={value}' for key, value in sorted(options.items())) or 'no options'})"


def _take(path: Path) -> str:
    """How to take over a file that others wrote."""
    return (
        f"Take it over, which runs no code in it: istdbench weights import {path} --method NAME "
        "--input resize=SIDE,mean=LEVEL,sd=LEVEL --out NEW.safetensors"
    )
