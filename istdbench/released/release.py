"""A file of weights that authors released, as `releases.toml` declares it, and what they claim of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from istdbench.datasets.sources import Source
from istdbench.files import sha256_file
from istdbench.results import NetworkInput
from istdbench.settings import home
from istdbench.spec import Spec, parse_spec


class _Declared(BaseModel):
    """What a declaration consists of."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Images(_Declared):
    """Images by the name of their data set, a split of it and a part of that."""

    dataset: str
    split: str
    part: str

    def __str__(self) -> str:
        return f"{self.dataset} {self.split} {self.part}"


class Claim(_Declared):
    """What is said to come out with the weights, at one place, on the same images and by the same rule.

    Attributes:
        rule: name of the variant of `istdbench.audit.variants` that the authors' code follows; it says the grid, the
            threshold and how targets are matched.
        where: file of the repository, or paper, that says it.
        values: metric name to value in the units of records, with the digits that were printed: the last of them is
            what rounding leaves open.
    """

    on: Images
    rule: str
    where: str
    values: Mapping[str, Decimal]


class Release(_Declared):
    """One file of weights.

    Attributes:
        method: one of ours, with the options that the weights are for.
        name: tells the releases of one method apart: `--weights released:NAME`.
        repository, commit, file: where the file is, on GitHub.
        sha256, size: of the file; size in bytes.
        key: of the dictionary in the file that holds the tensors; None takes the only one.
        input, threshold: what its network sees in its authors' code, and the score above which a target begins there.
        trained_on: the images, as far as they are of data sets here; none where they are of others, or it is not known.
        chosen_on: the images on which the epoch was chosen, so that a score on them is flattered; None where it is not
            known.
        terms: licence, or that none is named.
        remark: what else a reader must know, in a sentence.
        claims: none where the authors state no number.
    """

    method: str
    name: str
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    commit: str = Field(pattern=r"^[0-9a-f]{40}$")
    file: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int
    key: str | None = None
    input: NetworkInput
    threshold: float = 0.5
    trained_on: tuple[Images, ...] = ()
    chosen_on: Images | None = None
    terms: str
    remark: str = ""
    claims: tuple[Claim, ...] = ()

    @property
    def spec(self) -> Spec:
        """The method, parsed."""
        return parse_spec(self.method)

    @property
    def path(self) -> str:
        """The file as host, mirror and manifests name it: `<owner>/<repo>/<commit>/<file>`."""
        owner, repo = self.repository.split("/")
        return Source(owner, repo, self.commit).path(self.file)

    @property
    def place(self) -> Path:
        """Where the file is once it was fetched."""
        return folder() / self.path

    @property
    def weights_path(self) -> Path:
        """Where it is as a weights file of ours, once it was asked for."""
        return folder() / f"{self.spec.slug}-{self.name}.safetensors"

    @property
    def at_hand(self) -> bool:
        """Whether the file is here, as it was published."""
        return self.place.is_file() and sha256_file(self.place) == self.sha256

    @property
    def training(self) -> str:
        """What is known of the training, in words."""
        if not self.trained_on:
            return "trained on images that are not here, or not known"
        chosen = f", the epoch chosen on {self.chosen_on}" if self.chosen_on else ""
        return f"trained on {' + '.join(map(str, self.trained_on))}{chosen}"

    def __str__(self) -> str:
        return f"{self.method} released:{self.name}"


def folder() -> Path:
    """Where released weights are kept."""
    return home() / "released"
