"""The header of a weights file: whose weights they are, what their network sees, and where they come from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from istdbench.config import ENDINGS
from istdbench.protocols.changes import split_name
from istdbench.released.release import Images
from istdbench.results import NetworkInput, TypedText
from istdbench.results.record_parts import NameAsTyped
from istdbench.spec import Scalar


class _Group(BaseModel):
    """What a header consists of."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _no_file(protocol: str) -> str:
    """A protocol by its name: a file that weights of strangers name is never looked for, and so never run."""
    if split_name(protocol)[0].endswith(ENDINGS):
        raise ValueError("a protocol is named, not its file")
    return protocol


class TrainingFacts(_Group):
    """How weights were trained here: nothing that differs between two trainings that give the same weights, so that
    their files have one hash. How long one took is in its `log.csv`.

    Attributes:
        dataset: with `fingerprint`, `split` and `part`: the images that they were trained on, `images` of them.
        training_hash: of the protocol, as it trained this method on this data set.
        mean, sd: of the training images' z-score in grey levels, in files from before headers had an `input`.
        seconds: that it took, in files of before alone.
        precision: of the numbers that the network computed in; "tf32" where a GPU took 10 bits of the mantissa of
            float32 in convolutions.
        points: where the points lay that stood in the place of masks; None where masks were learned from.
        digests: `istdbench.datasets.digest.image_digest` of each training image, as it was seen and, where a range of
            levels showed it otherwise, as its file holds it; files of before have none.
    """

    dataset: NameAsTyped
    fingerprint: str
    split: str
    part: str
    images: int
    protocol: Annotated[NameAsTyped, AfterValidator(_no_file)]
    training_hash: str
    mean: float | None = None
    sd: float | None = None
    seed: int
    epochs: int
    steps: int
    seconds: float | None = None
    loss: float
    device: str
    versions: dict[str, str]
    precision: Literal["float32", "tf32", "bfloat16"] = Field("float32", exclude_if=lambda value: value == "float32")
    points: Literal["centroid", "coarse"] | None = Field(None, exclude_if=lambda value: value is None)
    digests: tuple[str, ...] = ()


class ReleaseFacts(_Group):
    """Which of the releases that the package declares weights are (`istdbench.released`), as it was declared then."""

    name: TypedText
    repository: TypedText
    commit: TypedText
    file: TypedText
    trained_on: tuple[Images, ...] = ()
    chosen_on: Images | None = None


class ImportFacts(_Group):
    """Where weights come from that were trained elsewhere.

    Attributes:
        file: name of the file that they were taken from.
        sha256: of that file.
        versions: package to version, of what read it; none for a release, so that its file is the same by all of them.
        key: of the dictionary in the file that held them; empty for the file itself.
        unread, untold, widened: what became of single tensors, see `istdbench.importing.fitting.Fit`.
        released: where the package knows the file, and so what it was trained on; None for a file that a user brings.
    """

    file: TypedText
    sha256: str
    versions: dict[str, str]
    key: TypedText = ""
    unread: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    widened: tuple[str, ...] = ()
    released: ReleaseFacts | None = None


class WeightsHeader(_Group):
    """What a weights file says of itself.

    Attributes:
        options: every option of the method with its value.
        input: what the network sees; None in files from before headers had it, see `istdbench.jobs.preprocessing`.
        threshold: a target is where the score is greater; None where `input` is.
        training: how the weights were trained, by this package.
        imported: where they come from, if they were trained by another.
    """

    method: str
    options: dict[str, Scalar]
    input: NetworkInput | None = None
    threshold: float | None = Field(None, ge=0, lt=1, allow_inf_nan=False)
    training: TrainingFacts | None = None
    imported: ImportFacts | None = None

    @model_validator(mode="before")
    @classmethod
    def _lift(cls, said: Any) -> Any:
        """Headers once had the facts of the training beside the method, not in a group of their own."""
        if not isinstance(said, dict) or "training_hash" not in said:
            return said
        own = {name: said[name] for name in ("method", "options") if name in said}
        return {**own, "training": {name: value for name, value in said.items() if name not in own}}

    @model_validator(mode="after")
    def _whole(self) -> WeightsHeader:
        if (self.input is None) != (self.threshold is None):
            raise ValueError("input and threshold go together")
        if self.input is None and (self.training is None or self.training.mean is None or self.training.sd is None):
            raise ValueError("an input is missing")
        return self

    def for_record(self) -> dict[str, object]:
        """Where the weights come from, as records hold it: the facts of the training, or of the import."""
        if self.training is not None:
            return self.training.model_dump(mode="json", exclude={"digests"}, exclude_none=True)
        if self.imported is not None:
            told = {"file", "sha256", "versions", "key", "released"}
            return {"imported": self.imported.model_dump(mode="json", include=told, exclude_defaults=True)}
        return {}
