"""Weights of a network as safetensors with a header that says what they are. Never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from istdbench.errors import WeightsError
from istdbench.files import atomic_write
from istdbench.lazy import torch
from istdbench.protocols.changes import training_slug
from istdbench.settings import home
from istdbench.spec import Scalar, Spec, parse_spec

if TYPE_CHECKING:
    from istdbench.jobs.job import Job

HEADER = "istdbench"
Origin = Literal["zoo", "trained", "file"]
ZOO = Path(__file__).parents[1] / "zoo"
WEIGHTS = "weights.safetensors"
"""Name of the weights' file in an entry of the zoo, see `istdbench.committed.entry`."""


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

    @property
    def training(self) -> dict[str, object]:
        """How they were trained, as records hold it: all but the method, which a record names itself."""
        return self.model_dump(mode="json", exclude={"method", "options"})


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights, and where it comes from: the package's zoo, a training here, or a user who named it."""

    path: Path
    origin: Origin


def save_weights(path: Path, state: Mapping[str, torch.Tensor], header: WeightsHeader) -> None:
    """Write tensors and header as one safetensors file, under a temporary name first."""
    import safetensors.torch

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    atomic_write(path, safetensors.torch.save(tensors, {HEADER: header.model_dump_json()}))


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
                f"weights {path}: this is a pickle (made by torch.save), which can run code when it is read; "
                "convert it to safetensors where you trust it, with safetensors.torch.save_file"
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


def read_header(path: Path) -> WeightsHeader:
    """The header of a weights file; no tensor is read.

    Raises:
        WeightsError: the file is absent, a pickle, damaged, or has no header of ours.
    """
    text = described(path).get("__metadata__", {}).get(HEADER)
    if text is None:
        raise WeightsError(f"weights {path}: no {HEADER!r} header; only weights written by istdbench can be scored")
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
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}, header


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


def job_of_weights(method: Spec, path: Path, protocol: str | None = None) -> Job:
    """The job that a weights file was trained for.

    Args:
        protocol: by name or file; None takes the one that the file names.

    Raises:
        UsageError: the method, or the data set or protocol that the file names, is not here.
        WeightsError: as `read_header`, or the protocol trains in another way than the weights were trained.
    """
    from istdbench.jobs.job import make_job

    header = read_header(path)
    job = make_job(method, parse_spec(header.dataset), protocol or header.protocol, header.seed)
    if job.protocol.training_hash != header.training_hash:
        raise WeightsError(
            f"weights {path} were not trained by protocol {job.protocol.name!r} as it is here, but by "
            f"{header.protocol!r} as it was then; name the protocol's own file"
        )
    return job


def trained_path(job: Job) -> Path:
    """Where `train` leaves the weights of a job."""
    return home() / "weights" / job.dataset_slug / training_slug(job.protocol.name) / f"{job.slug}.safetensors"


def zoo_path(job: Job) -> Path:
    """Where the package keeps weights of a job; a data set's options do not matter here."""
    return ZOO / job.dataset.spec.name / training_slug(job.protocol.name) / f"{job.spec.slug}-seed{job.seed}" / WEIGHTS


def find_weights(job: Job) -> WeightsFile:
    """The weights of a job that were trained here, else those in the package's zoo.

    Raises:
        WeightsError: there are none; the message says how to train.
    """
    if trained_path(job).is_file():
        return WeightsFile(trained_path(job), "trained")
    shipped = zoo_path(job)
    why = f"looked in {trained_path(job).parent} and in the package's zoo"
    if shipped.is_file():
        if read_header(shipped).training_hash == job.protocol.training_hash:
            return WeightsFile(shipped, "zoo")
        why = f"those in the zoo were trained by an earlier form of protocol {job.protocol.name!r}"
    raise WeightsError(
        f"no weights for {job} ({why}); train them with `istdbench train {job.spec} --dataset {job.dataset.name} "
        f"--protocol {job.protocol.typed} --seed {job.seed}`, or add --train to this command"
    )


def _named(method: str, options: Mapping[str, Scalar]) -> str:
    return f"{method} ({', '.join(f'{key}={value}' for key, value in sorted(options.items())) or 'no options'})"
