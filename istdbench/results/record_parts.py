"""What the record of a run consists of: method, weights, data, protocol, metric values, each with what it may hold."""

from __future__ import annotations

import json
import math
from typing import Annotated, Literal, SupportsFloat

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    FiniteFloat,
    JsonValue,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from istdbench.errors import UsageError
from istdbench.results.provenance import TypedText
from istdbench.spec import Scalar, Spec, check_name, parse_spec


def _plain(value: object) -> object:
    """Tuples as lists, as they come back from the file: a record equals itself after a round trip."""
    return json.loads(json.dumps(value, allow_nan=False))


def _null_for_nan(value: object, info: ValidationInfo) -> object:
    """What is undefined is null in a file: a NaN there was written by nothing of ours, and is refused."""
    return None if isinstance(value, float) and math.isnan(value) and info.mode == "python" else value


def _name_as_typed(text: str) -> str:
    """A name with options, as typed: where a record stands is made of such."""
    try:
        check_name(parse_spec(text).name if text == text.strip() else text, f"{text!r:.80}")
    except UsageError as error:
        raise ValueError(str(error)) from error
    return text


NameAsTyped = Annotated[str, AfterValidator(_name_as_typed)]
PlainDict = Annotated[dict[str, JsonValue], BeforeValidator(_plain)]
MetricValue = Annotated[FiniteFloat | None, BeforeValidator(_null_for_nan)]


def as_number(value: SupportsFloat | None) -> float:
    """A metric's value; NaN where it is undefined."""
    return math.nan if value is None else float(value)


Positive = Annotated[FiniteFloat, Field(gt=0)]
Ends = tuple[FiniteFloat, FiniteFloat]
ProbeValue = int | FiniteFloat | str
Truth = Literal["masks", "points"]


class Part(BaseModel, frozen=True, extra="forbid"):
    """What records consist of."""

    def to_json(self) -> str:
        """The text of a file of it: equal parts give the same bytes."""
        return json.dumps(self.model_dump(mode="json"), indent=2, sort_keys=True, allow_nan=False) + "\n"


def first_fault(error: ValidationError) -> str:
    """The first thing that is wrong with a text: the field and why, as `weights.sha256: Field required`."""
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}"


class _Named(Part):
    """What has a name as typed, such as "mim_istd:inner=all"."""

    name: NameAsTyped

    @property
    def spec(self) -> Spec:
        """The name, parsed."""
        return parse_spec(self.name)


class MethodInfo(_Named):
    """A method as it was run; `options` has every option with its value, defaults included.

    Attributes:
        kind: "predictions" was run elsewhere: its score maps were scored.
    """

    kind: Literal["learned", "classical", "predictions"]
    options: dict[str, Scalar]
    paper: str


class NetworkInput(Part):
    """What a network sees of a gray image in 0..255.

    Attributes:
        resize: side in pixels that the image is stretched to, both ways; None keeps the native size.
        pad: sides are padded with zeros (after normalisation), right and below, to a multiple of this.
        pad_always: whether a side that is a multiple already gets `pad` more pixels, as in the code of LESPS.
        mean, sd: of the z-score in grey levels; both one number, or one for each channel.
        channels: of the network's input, on each of which the image is given.
    """

    resize: Annotated[int, Field(ge=1)] | None = None
    pad: int = Field(ge=1)
    pad_always: bool = Field(False, exclude_if=lambda value: not value)
    mean: FiniteFloat | tuple[FiniteFloat, ...]
    sd: Positive | tuple[Positive, ...]
    channels: int = Field(ge=1)

    @model_validator(mode="after")
    def _one_a_channel(self) -> NetworkInput:
        numbers = [len(value) if isinstance(value, tuple) else None for value in (self.mean, self.sd)]
        if numbers not in ([None, None], [self.channels, self.channels]):
            raise ValueError(f"mean and sd are one number each, or one for each of the channels, {self.channels}")
        return self


class WeightsInfo(Part):
    """The weights of a learned method.

    Attributes:
        sha256: of the weights' file.
        source: from the package's zoo, trained by this run, a file that the user named, or released by the authors.
        training: where they come from, as the file's header says; empty when it says nothing.
        input: what the network saw, as the file's header says; None where the protocol's input is what it saw, with
            the mean and sd of `training`.
        file: that the user named, as it was found then; whether the weights are there is told by their hash.
    """

    sha256: str
    source: Literal["zoo", "trained", "file", "released"]
    training: PlainDict = {}
    input: NetworkInput | None = None
    file: TypedText | None = Field(None, exclude_if=lambda value: value is None)


class PredictionsInfo(Part):
    """The score maps of a method that was run elsewhere, and how they were read.

    Attributes:
        sha256: over the files of the images that were scored.
        folder: as it was named then; whether the maps are there is told by their hash.
        scale: the level that means a score of 1; None is the full scale of each file's type.
        resize: how maps of another size than their image's were brought to it; None where there was none.
    """

    sha256: str
    folder: TypedText
    scale: FiniteFloat | None = None
    resize: Literal["nearest", "bilinear"] | None = None

    @property
    def identity(self) -> list[str | float | None]:
        """What the scores depend on."""
        return [self.sha256, self.scale, self.resize]


class SubmissionInfo(Part):
    """Who handed a record in, as its bundle says (`istdbench.submissions`).

    Attributes:
        bundle: name of its folder in `submissions/`.
        by: who signs it, with the affiliation.
        author: whether that is an author of the method.
    """

    bundle: str
    by: str
    author: bool


class DatasetInfo(_Named):
    """The images that were scored: `images` of them, one part of one split; `fingerprint` fixes every pixel.

    Attributes:
        split_hash: SHA-256 over the names of the images of every part of the split.
        sequences: how many sequences the images are frames of; None where they are single ones.
        truth: "points" where only the centre of each target is known, so that no metric of pixels is defined.
    """

    split: str
    split_hash: str
    part: str
    fingerprint: str
    images: int
    sequences: Annotated[int, Field(ge=1)] | None = Field(None, exclude_if=lambda value: value is None)
    truth: Truth = Field("masks", exclude_if=lambda value: value == "masks")


class ProtocolInfo(_Named):
    """The protocol: its hash covers every field of `config` that all rows of a table share."""

    hash: str
    config: PlainDict


class BestOnTest(Part):
    """IoU at the threshold that is best on the very images it is measured on: a bound, comparable with nothing."""

    threshold: FiniteFloat
    iou: FiniteFloat


class _Values(Part):
    """Metric values. Undefined (NaN) is None here and null in the file.

    Attributes:
        intervals: 95 % over images, or over sequences of them, see `istdbench.statistics`; None where there is none.
        failed: metrics that have no value since they raised, or returned no number, and why.
    """

    values: dict[str, MetricValue]
    intervals: dict[str, Ends | None] = {}
    failed: dict[str, str] = Field({}, exclude_if=lambda value: not value)

    def value(self, name: str) -> float:
        """One metric; NaN where it is undefined, such as Pd without a target, or was not computed."""
        return as_number(self.values.get(name))


class GridInfo(_Values):
    """Metric values on a square grid of `side` pixels beside the native one."""

    side: int


class MetricsInfo(_Values):
    """Metric values under one version of their definitions.

    Attributes:
        best_on_test: only where it was asked for.
        second_grid: the values on another grid, where the protocol scores there too.
        by_sequence: of each sequence its number of frames and its own values, see `istdbench.metrics.by_sequence`;
            None where images are single ones.
    """

    version: int
    best_on_test: BestOnTest | None = None
    second_grid: GridInfo | None = None
    by_sequence: dict[str, dict[str, MetricValue]] | None = Field(None, exclude_if=lambda value: value is None)


class PerImageInfo(Part):
    """The table of counts per image: a CSV file beside the record, and its SHA-256."""

    file: str = Field(pattern=r"^[^/\\]+\.csv$")
    sha256: str
