"""One cell of a benchmark: a method with its options, on a data set, by a protocol, with a seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from istdbench.datasets.dataset import Dataset
from istdbench.datasets.torn_sequences import refuse_torn
from istdbench.errors import UsageError
from istdbench.files import sha256_json
from istdbench.methods.method import Learned, Method, as_learned
from istdbench.protocols.changes import with_changes
from istdbench.protocols.protocol import Protocol, load_protocol
from istdbench.registry import METHODS, build_dataset
from istdbench.spec import Scalar, Spec


@dataclass(frozen=True)
class Job:
    """Everything that names a number, before the weights are known.

    Attributes:
        method: the registered method.
        spec: the method as typed, without options that have their default.
        options: all options with their values, defaults included, and a classical method's threshold rule.
    """

    method: Method
    spec: Spec
    options: Mapping[str, Scalar]
    dataset: Dataset
    protocol: Protocol
    seed: int = 0

    @property
    def split(self) -> str:
        """The protocol's split, or the data set's default where the protocol leaves it open."""
        return self.protocol.data.split or self.dataset.default_split

    @cached_property
    def train_names(self) -> tuple[str, ...]:
        """Images that the method may learn from; their masks are read where the protocol leaves out some.

        Raises:
            DataError: as `Dataset.load`.
        """
        names = self._names("train", self.protocol.data.train)
        if self.protocol.data.backgrounds:
            return names
        return tuple(name for name in names if self.dataset.load(name).mask.any())

    @property
    def validation_names(self) -> tuple[str, ...]:
        """Images that a training is watched on: none where the protocol names no part, or the split has not got it."""
        part = self.protocol.data.validate_on
        if part is None or part not in self._lists:
            return ()
        return self.dataset.names(self.split, part)

    @property
    def test_names(self) -> tuple[str, ...]:
        """Images that make the number."""
        return self._names("test", self.protocol.data.test)

    def _names(self, use: str, part: str) -> tuple[str, ...]:
        """The images of a part of the split, for a use that the protocol names it for."""
        with _advice("split=SPLIT" if self.split not in self.dataset.splits() else f"{use}=PART"):
            names = self.dataset.names(self.split, part)
        if self.protocol.data.whole_sequences:
            refuse_torn(self.dataset, self.split)
        return names

    @property
    def _lists(self) -> Mapping[str, tuple[str, ...]]:
        """Part to image names of the split."""
        with _advice("split=SPLIT"):
            return self.dataset.lists_of(self.split)

    @property
    def split_hash(self) -> str:
        """SHA-256 over the names of the images of every part of the split, whatever their order."""
        return sha256_json({part: sorted(names) for part, names in self._lists.items()})

    @property
    def dataset_slug(self) -> str:
        """The data set's name as a folder name."""
        return self.dataset.spec.slug

    @cached_property
    def training_key(self) -> str:
        """SHA-256 over what a training depends on; two trainings of one key give the same weights."""
        parts = {
            "method": self.method.name,
            "options": dict(self.options),
            "dataset": self.dataset.fingerprint,
            "split": self.split,
            "training": self.protocol.training_hash,
            "seed": self.seed,
        }
        return sha256_json(parts)

    @property
    def slug(self) -> str:
        """A file name that is this job's alone: `mim_istd-seed0-0123456789ab`."""
        return f"{self.spec.slug}-seed{self.seed}-{self.training_key[:12]}"

    def learned(self, lacks: str) -> Learned:
        """The method as a network, see `as_learned`."""
        return as_learned(self.method, lacks)

    def __str__(self) -> str:
        return f"{self.spec} on {self.dataset.name} by {self.protocol.name}, seed {self.seed}"


@contextmanager
def _advice(field: str) -> Iterator[None]:
    """Add to a refusal inside the block which field of the protocol to set."""
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{error}; choose with --set data.{field}") from error


def make_job(
    method: Spec,
    dataset: Spec,
    protocol: str | None,
    seed: int = 0,
    changes: Mapping[str, object] = MappingProxyType({}),
) -> Job:
    """Look everything up.

    Args:
        protocol: a protocol's name or file; None takes the data set's default.
        changes: fields of the protocol that are set, such as `{"training.epochs": 5}`.

    Raises:
        UsageError: an unknown name or option, a value without a key, or a method of several frames on single images.
    """
    found = METHODS.get(method.name)
    built = build_dataset(dataset)
    if found.frames > built.frames:
        has = "single images" if built.frames == 1 else f"sequences of {built.frames}"
        raise UsageError(
            f"{found.name} needs sequences of {found.frames} frames; {built.name} has {has}; "
            f"use {_sequences(dataset, built, found.frames)}, "
            "or detect in a folder of a sequence's frames, in their order: "
            f"`istdbench predict FOLDER --method {found.name} --out DIR`"
        )
    recipe = found.recipe if isinstance(found, Learned) else {}
    typed = with_changes(protocol or built.default_protocol, changes)
    rules = load_protocol(typed, dataset.name).for_method(found.name, recipe)
    return Job(found, found.shortest(method), found.resolve(method.options), built, rules, seed)


def _sequences(dataset: Spec, built: Dataset, frames: int) -> str:
    """What to use where a method of several frames has too few: the same data set, if its images are in sequences."""
    if built.sequences or built.frames > 1:
        with suppress(UsageError):
            return build_dataset(replace(dataset, options={**dataset.options, "frames": frames})).name
    return f"a data set of sequences, such as synth:frames={frames} or folder:PATH,frames={frames}"
