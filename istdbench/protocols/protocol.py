"""What a protocol is: everything that makes a number besides the method, its weights and the data.

A protocol is an mmengine `Config` file; `_base_` inherits. Its fields are the fields of `Protocol` below, and
`per_dataset` overrides any of them for one data set. The hash of the resolved fields goes into every record: rows of
different hashes never share a table. A field that is None is left out of hashes, so that a new one, None where a
protocol does not set it, leaves the hashes of old records as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, PositiveFloat, PrivateAttr, model_validator

from istdbench.config import read_config, validated
from istdbench.files import sha256_json
from istdbench.protocols.changes import as_text, named, put, split_name, value_at
from istdbench.protocols.listing import protocol_path

LossName = Literal["soft_iou", "soft_niou", "plain_niou", "sls", "dice", "bce"]
"""The losses of `istdbench.training.losses`, by name."""


def _upwards(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"a range goes from its lower end to its upper one, not from {ends[0]:g} to {ends[1]:g}")
    return ends


Range = Annotated[tuple[PositiveFloat, PositiveFloat], AfterValidator(_upwards)]


class _Section(BaseModel, extra="forbid", frozen=True, allow_inf_nan=False):
    """A part of a protocol."""


class Data(_Section):
    """Which images. `split` None takes the data set's default; `validate_on` None trains without validation."""

    split: str | None = None
    train: str = "train"
    validate_on: str | None = "val"
    test: str = "test"


class Input(_Section):
    """What the network sees.

    Attributes:
        resize: side in pixels that an image is stretched to, both ways; None keeps the native size.
        pad: sides are padded with zeros (after normalisation), right and below, to a multiple of this.
        mean, sd: gray z-score in grey levels of 0..255; None measures them on the training images at native size.
    """

    resize: int | None = Field(None, ge=1)
    pad: int = Field(32, ge=1)
    mean: float | None = None
    sd: float | None = Field(None, gt=0)


class Scoring(_Section):
    """Where and how score maps are compared with masks: on the native grid, a target where score > threshold.

    Attributes:
        grid: stands in every protocol's hash; there is one.
        second_grid: side of a square grid in pixels that is scored too, where a paper scored there.
    """

    grid: Literal["native"] = "native"
    threshold: float = Field(0.5, ge=0, lt=1)
    second_grid: int | None = Field(None, ge=1)


class Augmentation(_Section):
    """Random crops and changes of a training image; see `istdbench.datasets.crops.augment`.

    Attributes:
        crop: side of the square crop in pixels, after `Input.resize`.
        target_bias: share of crops that hold a target of the image.
        zoom: range of a random magnification; a crop then covers `crop / zoom` pixels of the image.
        gain: range of a factor on the deviation from the mean.
        offset_sd: standard deviation of a normal shift, in standard deviations of the training images.
    """

    crop: int = Field(256, ge=1)
    target_bias: float = Field(0.7, ge=0, le=1)
    flips: bool = True
    transpose: bool = True
    zoom: Range | None = None
    gain: Range = (1.0, 1.0)
    offset_sd: float = Field(0.0, ge=0)


class Optimizer(_Section):
    """A class of `torch.optim` by name, and its options."""

    type: Literal["Adagrad", "Adam", "AdamW", "SGD"] = "AdamW"
    lr: float = Field(5e-4, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    momentum: float | None = None
    betas: tuple[float, float] | None = None


class Schedule(_Section):
    """Learning rate over time: linear warm-up in steps, then constant, cosine, polynomial, or steps at milestones.

    Attributes:
        milestones: shares of the epochs at which "step" multiplies the rate by `gamma`.
        floor: share of the rate that "cosine" falls to; None is zero.
        cycles: periods of "cosine"; None is half a one, which falls and does not rise.
    """

    type: Literal["constant", "cosine", "poly", "step"] = "cosine"
    warmup_steps: int = Field(0, ge=0)
    milestones: tuple[float, ...] = ()
    gamma: float = 0.1
    floor: float | None = None
    cycles: float | None = None


class WarmUp(_Section):
    """First epochs in which other losses act on one head alone.

    Attributes:
        head: of a network's `Outputs.masks`, counted from 0, which is the evaluated one.
    """

    epochs: int = Field(ge=1)
    losses: dict[LossName, float]
    head: int = Field(0, ge=0)


class Adversarial(_Section):
    """Two generators that learn in turn with a discriminator; see `istdbench.training.adversarial`.

    Attributes:
        miss: of each generator, the weight of its squared error in target pixels.
        false_alarm: of each generator, the weight of its squared error in all others.
        deception: weight of the discriminator's not taking a generator's map for the mask.
        consistency: weight of the distance between the discriminator's features of the two maps.
        lr: learning rate of the discriminator, which follows the schedule as the generators' does.
    """

    miss: tuple[float, float]
    false_alarm: tuple[float, float]
    deception: float
    consistency: float
    lr: float = Field(gt=0)


class Training(_Section):
    """The recipe. `istdbench.training.losses` names the losses, `istdbench.training.objective` what they act on.

    Attributes:
        losses: name to weight, on every supervised head.
        edge_losses: likewise, on the edges of targets, for a network that draws them.
        reconstruction: weight of the mean squared error of the image that a network gives back.
        warm_up: what the first epochs have in the place of `losses`.
        adversarial: what a training against a discriminator has in the place of all losses, which are empty then.
        ema: largest decay of an exponential moving average of the weights, which is then what is validated and kept.
    """

    epochs: int = Field(400, ge=1)
    batch: int = Field(16, ge=1)
    losses: dict[LossName, float] = {"soft_iou": 1.0}
    edge_losses: dict[LossName, float] | None = None
    reconstruction: float | None = None
    warm_up: WarmUp | None = None
    adversarial: Adversarial | None = None
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    augmentation: Augmentation = Augmentation()
    clip_norm: float | None = Field(None, gt=0)
    ema: float | None = Field(None, gt=0, lt=1)
    validate_every: int = Field(10, ge=1)

    @model_validator(mode="after")
    def _one_objective(self) -> Training:
        if self.adversarial and (self.losses or self.edge_losses or self.reconstruction or self.warm_up):
            raise ValueError("adversarial stands in the place of all losses; set losses = {} and leave out the others")
        if not self.adversarial and not self.losses:
            raise ValueError("losses are empty; name at least one, such as dict(dice=1.0)")
        return self


class Protocol(_Section):
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
    config = read_config(path, source)
    overrides = config.pop("per_dataset", {})
    config.merge_from_dict(overrides.get(dataset.partition(":")[0], {}))
    unchanged = validated(Protocol, {"name": path.stem, **config.to_dict()}, source)
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
