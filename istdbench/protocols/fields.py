"""The fields of a protocol, section by section, with their defaults and what each may hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, PositiveFloat, model_validator

LossName = Literal["soft_iou", "soft_niou", "plain_niou", "sls", "dice", "bce", "mse", "focal"]
"""The losses of `istdbench.training.losses`, by name."""

Precision = Literal["float32", "bfloat16"]


def _upwards(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"a range goes from its lower end to its upper one, not from {ends[0]:g} to {ends[1]:g}")
    return ends


MOST = 1_000_000
"""Epochs, steps and images of a batch that a field takes: what is more is a slip of the pen."""
Side = Annotated[int, Field(ge=1, le=16384)]
"""Of an image or a crop, in pixels; a larger one fills the memory."""
Share = Annotated[float, Field(ge=0, lt=1)]
Range = Annotated[tuple[PositiveFloat, PositiveFloat], AfterValidator(_upwards)]


class Section(BaseModel, extra="forbid", frozen=True, allow_inf_nan=False):
    """A part of a protocol."""


class Data(Section):
    """Which images. `split` None takes the data set's default; `validate_on` None trains without validation.

    Attributes:
        backgrounds: whether images of `train` that have no target are trained on. It stands in a protocol's hash where
            they are left out.
        whole_sequences: whether a split is refused where a sequence has frames in two parts: what was learned on one of
            them would be tested on its neighbours. It stands in a protocol's hash where it is so.
    """

    split: str | None = None
    train: str = "train"
    validate_on: str | None = "val"
    test: str = "test"
    backgrounds: bool = Field(True, exclude_if=lambda value: value)
    whole_sequences: bool = Field(False, exclude_if=lambda value: not value)


class Input(Section):
    """What the network sees.

    Attributes:
        resize: side in pixels that an image is stretched to, both ways; None keeps the native size.
        pad: sides are padded with zeros (after normalisation), right and below, to a multiple of this.
        mean, sd: gray z-score in grey levels of 0..255; None measures them on the training images at native size.
    """

    resize: Side | None = None
    pad: Side = 32
    mean: float | None = None
    sd: float | None = Field(None, gt=0)


class Scoring(Section):
    """Where and how score maps are compared with masks: on the native grid, a target where score > threshold.

    Attributes:
        grid: stands in every protocol's hash; there is one.
        second_grid: side of a square grid in pixels that is scored too, where a paper scored there.
    """

    grid: Literal["native"] = "native"
    threshold: float = Field(0.5, ge=0, lt=1)
    second_grid: Side | None = None


class Augmentation(Section):
    """Random crops and changes of a training image; see `istdbench.datasets.crops.augment`.

    Attributes:
        crop: side of the square crop in pixels, after `Input.resize`.
        target_bias: share of crops that hold a target of the image.
        zoom: range of a random magnification; a crop then covers `crop / zoom` pixels of the image.
        gain: range of a factor on the deviation from the mean.
        offset_sd: standard deviation of a normal shift, in standard deviations of the training images.
    """

    crop: Side = 256
    target_bias: float = Field(0.7, ge=0, le=1)
    flips: bool = True
    transpose: bool = True
    zoom: Range | None = None
    gain: Range = (1.0, 1.0)
    offset_sd: float = Field(0.0, ge=0)


class Optimizer(Section):
    """A class of `torch.optim` by name, and its options."""

    type: Literal["Adagrad", "Adam", "AdamW", "SGD"] = "AdamW"
    lr: float = Field(5e-4, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    momentum: Share | None = None
    betas: tuple[Share, Share] | None = None


class Schedule(Section):
    """Learning rate over time: linear warm-up in steps, then constant, cosine, polynomial, or steps at milestones.

    Attributes:
        milestones: shares of the epochs at which "step" multiplies the rate by `gamma`.
        floor: share of the rate that "cosine" falls to; None is zero.
        cycles: periods of "cosine"; None is half a one, which falls and does not rise.
    """

    type: Literal["constant", "cosine", "poly", "step"] = "cosine"
    warmup_steps: int = Field(0, ge=0, le=MOST)
    milestones: tuple[float, ...] = ()
    gamma: float = 0.1
    floor: float | None = None
    cycles: float | None = None


class WarmUp(Section):
    """First epochs in which other losses act on one head alone.

    Attributes:
        head: of a network's `Outputs.masks`, counted from 0, which is the evaluated one.
    """

    epochs: int = Field(ge=1, le=MOST)
    losses: dict[LossName, float]
    head: int = Field(0, ge=0)


class Adversarial(Section):
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


class Evolution(Section):
    """How labels grow out of points as the network learns; see `istdbench.training.label_evolution`.

    Attributes:
        loss_below: the first update follows the first epoch whose mean loss is lower.
        every: from then on, one follows each epoch whose number, counted from 1, is a multiple of this.
        base, growth: T_b and k of the threshold above which a score changes the label.
    """

    loss_below: float = Field(10.0, gt=0)
    every: int = Field(5, ge=1, le=MOST)
    base: float = Field(0.5, ge=0, lt=1)
    growth: float = Field(0.5, ge=0)


class Points(Section):
    """One pixel a target to learn from, in the place of its mask; see `istdbench.training.points`.

    Attributes:
        at: "centroid" of the target, or "coarse": near it, as a person clicks.
        evolution: how the labels change; None trains on the points to the end.
    """

    at: Literal["centroid", "coarse"] = "centroid"
    evolution: Evolution | None = None


class Training(Section):
    """The recipe. `istdbench.training.losses` names the losses, `istdbench.training.objective` what they act on.

    Attributes:
        losses: name to weight, on every supervised head.
        edge_losses: likewise, on the edges of targets, for a network that draws them.
        interior_losses: likewise, on the pixels of targets that are no edge. It stands in a protocol's hash where it is
            set.
        reconstruction: weight of the mean squared error of the image that a network gives back.
        warm_up: what the first epochs have in the place of `losses`.
        adversarial: what a training against a discriminator has in the place of all losses, which are empty then.
        points: what stands in the place of masks; None trains on the masks.
        ema: largest decay of an exponential moving average of the weights, which is then what is validated and kept.
        precision: of the numbers that the network computes in while it trains; weights, losses and optimizer have
            float32. It stands in a protocol's hash where it is another than float32.
    """

    epochs: int = Field(400, ge=1, le=MOST)
    batch: int = Field(16, ge=1, le=MOST)
    losses: dict[LossName, float] = {"soft_iou": 1.0}
    edge_losses: dict[LossName, float] | None = None
    interior_losses: dict[LossName, float] | None = Field(None, exclude_if=lambda value: value is None)
    reconstruction: float | None = None
    warm_up: WarmUp | None = None
    adversarial: Adversarial | None = None
    points: Points | None = None
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    augmentation: Augmentation = Augmentation()
    clip_norm: float | None = Field(None, gt=0)
    ema: float | None = Field(None, gt=0, lt=1)
    validate_every: int = Field(10, ge=1, le=MOST)
    precision: Precision = Field("float32", exclude_if=lambda value: value == "float32")

    @property
    def evolution(self) -> Evolution | None:
        """How labels change as the network learns; None where they stay."""
        return None if self.points is None else self.points.evolution

    @model_validator(mode="after")
    def _one_objective(self) -> Training:
        of_parts = self.edge_losses or self.interior_losses
        if self.adversarial and (self.losses or of_parts or self.reconstruction or self.warm_up):
            raise ValueError("adversarial stands in the place of all losses; set losses = {} and leave out the others")
        if not self.adversarial and not self.losses:
            raise ValueError("losses are empty; name at least one, such as dict(dice=1.0)")
        if self.adversarial and self.precision != "float32":
            raise ValueError(f"adversarial trains in float32; leave out precision={self.precision}")
        if self.points and (self.adversarial or of_parts):
            raise ValueError(
                "points have neither edges nor a whole mask; leave out edge_losses, interior_losses and adversarial"
            )
        return self
