"""What a protocol is: everything that makes a number besides the method, its weights and the data.

A protocol is a TOML file, which is read, or an mmengine `Config` file in Python, which is run; `_base_` inherits, see
`istdbench.config`. Its fields are those of `Protocol`, with the sections of
`istdbench.protocols.fields`, and `per_dataset` overrides any of them for one data set. The hash of the resolved fields
goes into every record: rows of different hashes never share a table. A field that is None is left out of hashes, so
that a new one, None where a protocol does not set it, leaves the hashes of old records as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import PrivateAttr

from istdbench.config import read_config, validated
from istdbench.errors import UsageError
from istdbench.files import sha256_json
from istdbench.protocols.changes import as_text, named, put, split_name, value_at
from istdbench.protocols.fields import Data, Input, Scoring, Section, Training
from istdbench.protocols.listing import packaged_path, protocol_path

if TYPE_CHECKING:
    from mmengine.config import Config


class Protocol(Section):
    """A resolved protocol.

    Attributes:
        name: of its file, and behind it what was set in it, see `istdbench.protocols.changes`.
        recipe: "own" trains each method as its authors did (`Learned.recipe`), where they said how; None trains all
            by `training`.
        checkpoint: which weights are scored. It stands in every protocol's hash; there is one, the "last", which looks
            at no validation or test number.
    """

    name: str
    summary: str
    data: Data = Data()
    input: Input = Input()
    scoring: Scoring = Scoring()
    recipe: Literal["own"] | None = None
    checkpoint: Literal["last"] = "last"
    training: Training = Training()
    _loaded_as: str = PrivateAttr("")

    @property
    def typed(self) -> str:
        """What loads it again: its name, or with its file where it has one of its own."""
        return self._loaded_as or self.name

    @property
    def hash(self) -> str:
        """SHA-256 over what all rows of a table have in common: every field but the name and the summary, and the
        training only where all methods share it."""
        return hash_of_fields(self.model_dump(mode="json"))

    @property
    def training_hash(self) -> str:
        """SHA-256 over what weights depend on: the training images, the input and the training."""
        return training_hash_of_fields(self.model_dump(mode="json"))

    def for_method(self, name: str, recipe: Mapping[str, Any]) -> Protocol:
        """The protocol as it trains a method: with the method's own recipe where the protocol says so and there is one.

        Args:
            recipe: the fields of `Training`; what it leaves out has its default there.

        Raises:
            UsageError: the recipe has a field that does not exist.
        """
        if self.recipe != "own" or not recipe:
            return self
        training = validated(Training, recipe, f"recipe of method {name}")
        return self.model_copy(update={"training": training}).changed(_of_training(self.name))

    def changed(self, changes: Mapping[str, str]) -> Protocol:
        """The protocol with fields set, under the name that it has.

        Args:
            changes: field, such as `training.optimizer.lr`, to value, as text.

        Raises:
            UsageError: a field that does not exist, or a wrong value.
        """
        if not changes:
            return self
        source = f"protocol {named(self.name, changes)}"
        fields = validated(Protocol, put(self.model_dump(), Protocol, changes, source), source)
        return self.model_copy(update={name: getattr(fields, name) for name in Protocol.model_fields})


def hash_of_fields(fields: Mapping[str, Any]) -> str:
    """`Protocol.hash` of a protocol's fields as a record has them, whichever fields a protocol has today.

    Where each method has its own training, what was set for all of them stands in its place.
    """
    shared = {name: value for name, value in fields.items() if name not in ("name", "summary")}
    if fields.get("recipe") == "own":
        shared["training"] = _of_training(fields.get("name", "")) or None
    return sha256_json(_set_fields(shared))


def training_hash_of_fields(fields: Mapping[str, Any]) -> str:
    """`Protocol.training_hash` of a protocol's fields as a record has them."""
    fields = _set_fields(fields)
    images = {key: fields["data"].get(key) for key in ("split", "train")}
    if "backgrounds" in fields["data"]:
        images["backgrounds"] = fields["data"]["backgrounds"]
    return sha256_json([images, fields["input"], fields["checkpoint"], fields["training"]])


def _set_fields(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _set_fields(item) for name, item in value.items() if item is not None}


def _of_training(name: str) -> dict[str, str]:
    """What the name of a protocol says was set in its training."""
    return {field: text for field, text in split_name(name)[1].items() if field.startswith("training.")}


def load_protocol(name: str, dataset: str) -> Protocol:
    """The protocol `name` (one of `protocol_names()`, or the path of a config file) as it applies to a data set.

    What is set in it may stand behind the name, as in `native:training.epochs=5`. A field that is set to what it is
    already changes nothing and is left out of the name.

    Raises:
        UsageError: there is no such protocol, its file is no config, or it sets a field that does not exist.
    """
    base, wanted = split_name(name)
    path = protocol_path(base)
    source = f"protocol file {path}"
    unchanged = validated(Protocol, {"name": path.stem, **_fields(path, source, dataset)}, source)
    protocol = unchanged.changed(wanted)
    own = protocol.recipe == "own"  # then a method's own value is another than the one here
    kept = {
        field: as_text(value_at(protocol, field))
        for field in wanted
        if value_at(protocol, field) != value_at(unchanged, field) or (own and field.startswith("training."))
    }
    protocol = protocol.model_copy(update={"name": named(path.stem, kept)})
    protocol._loaded_as = named(base, kept)
    return protocol


def overridden_for(name: str) -> list[str]:
    """The data sets that a protocol, or file, has fields of their own for.

    Raises:
        UsageError: as `load_protocol`.
    """
    path = protocol_path(split_name(name)[0])
    source = f"protocol file {path}"
    return list(_overrides(read_config(path, source, packaged_path), source))


def _fields(path: Path, source: str, dataset: str) -> dict[str, Any]:
    """The fields in a protocol's file, as they apply to a data set."""
    config = read_config(path, source, packaged_path)
    overrides = _overrides(config, source)
    if "name" in config:
        raise UsageError(f"{source}: name: a protocol is called as its file is; leave it out, and name the file so")
    config.pop("per_dataset", None)
    try:
        config.merge_from_dict(overrides.get(dataset.partition(":")[0], {}))
    except (AttributeError, TypeError, KeyError) as error:  # it may be a program, which may put anything there
        raise UsageError(f"{source}: per_dataset: {error}") from error
    return config.to_dict()


def _overrides(config: Config, source: str) -> Mapping[str, Any]:
    """What is other for single data sets, by their names."""
    found = config.get("per_dataset") or {}
    if not isinstance(found, Mapping) or not all(isinstance(fields, Mapping) for fields in found.values()):
        raise UsageError(f"{source}: per_dataset: a table for each data set is needed, with the fields that differ")
    return found
