"""Weights of a network as safetensors with a header that says what they are. Never a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import safetensors.torch
import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open

from istdbench.engine.job import Job
from istdbench.errors import WeightsError
from istdbench.files import atomic_write
from istdbench.settings import home
from istdbench.spec import Scalar, parse_spec

HEADER = "istdbench"
Source = Literal["zoo", "trained", "file"]
ZOO = Path(__file__).parents[1] / "zoo"
WEIGHTS = "weights.safetensors"
"""Name of the weights' file in an entry of the zoo, see `istdbench.engine.zoo`."""


class WeightsHeader(BaseModel):
    """How weights were made. `mean` and `sd` (grey levels) are those of the training images' z-score."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str
    options: dict[str, Scalar]
    dataset: str
    fingerprint: str
    split: str
    part: str
    images: int
    protocol: str
    training_hash: str
    mean: float
    sd: float
    seed: int
    epochs: int
    steps: int
    seconds: float
    loss: float
    device: str
    versions: dict[str, str]


def save_weights(path: Path, state: Mapping[str, torch.Tensor], header: WeightsHeader) -> None:
    """Write tensors and header as one safetensors file, under a temporary name first."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    atomic_write(path, safetensors.torch.save(tensors, {HEADER: header.model_dump_json()}))


def load_weights(path: Path) -> tuple[dict[str, torch.Tensor], WeightsHeader]:
    """Tensors (as float32) and header of a weights file.

    Raises:
        WeightsError: the file is absent, a pickle, damaged, or has no header of ours.
    """
    if not path.is_file():
        raise WeightsError(f"weights {path}: no such file")
    with path.open("rb") as file:
        start = file.read(9)
    is_safetensors = start[8:] == b"{"  # after 8 bytes of length, which may begin as a pickle does
    if not is_safetensors and (start[:2] == b"PK" or start[:1] == b"\x80"):
        raise WeightsError(
            f"weights {path}: this is a pickle (made by torch.save), which can run code when it is read; "
            "convert it to safetensors where you trust it, with safetensors.torch.save_file"
        )
    try:
        with safe_open(str(path), framework="pt") as file:
            text = (file.metadata() or {}).get(HEADER)
            state = {name: _as_float32(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"weights {path}: not a readable safetensors file ({error})") from error
    if text is None:
        raise WeightsError(f"weights {path}: no {HEADER!r} header; only weights written by istdbench can be scored")
    try:
        return state, WeightsHeader.model_validate_json(text)
    except ValidationError as error:
        raise WeightsError(f"weights {path}: damaged header ({error.error_count()} fields)") from error


def fill(network: torch.nn.Module, job: Job, path: Path) -> WeightsHeader:
    """Load a weights file into the network of a job.

    Raises:
        WeightsError: as `load_weights`, or the weights belong to another method or other options.
    """
    state, header = load_weights(path)
    if (header.method, header.options) != (job.method.name, dict(job.options)):
        raise WeightsError(
            f"weights {path} belong to {_named(header.method, header.options)}, "
            f"not to {_named(job.method.name, job.options)}; give that method, or other weights"
        )
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"weights {path} do not fit the network of {job.spec}: {error}") from error
    return header


def trained_path(job: Job) -> Path:
    """Where `train` leaves the weights of a job."""
    return home() / "weights" / job.dataset_slug / job.protocol.name / f"{job.slug}.safetensors"


def zoo_path(job: Job) -> Path:
    """Where the package keeps weights of a job; a data set's options do not matter here."""
    family = parse_spec(job.dataset.name).name
    return ZOO / family / job.protocol.name / f"{job.spec.slug}-seed{job.seed}" / WEIGHTS


def find_weights(job: Job) -> tuple[Path, Source]:
    """The weights file of a job and its source, "trained" (here) or "zoo" (in the package).

    Raises:
        WeightsError: there is none; the message says how to train.
    """
    if trained_path(job).is_file():
        return trained_path(job), "trained"
    shipped = zoo_path(job)
    why = f"looked in {trained_path(job).parent} and in the package's zoo"
    if shipped.is_file():
        header = load_weights(shipped)[1]
        if header.training_hash == job.protocol.training_hash:
            return shipped, "zoo"
        why = f"those in the zoo were trained by an earlier form of protocol {job.protocol.name!r}"
    raise WeightsError(
        f"no weights for {job} ({why}); train them with `istdbench train {job.spec} --dataset {job.dataset.name} "
        f"--protocol {job.protocol.name} --seed {job.seed}`, or add --train to this command"
    )


def _as_float32(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _named(method: str, options: Mapping[str, Scalar]) -> str:
    return f"{method} ({', '.join(f'{key}={value}' for key, value in sorted(options.items())) or 'no options'})"
