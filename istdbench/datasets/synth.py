"""The synthetic data set: seeded images rendered on the fly, the same bits on every machine.

Typed as `synth` or `synth:n=64,size=128,scr=3,sigma=1,clutter=sea,seed=1`. How an image is made, and why it is
the same everywhere, is in `render.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from istdbench.datasets.base import Dataset, DatasetEntry, Sample
from istdbench.datasets.render import STRETCH, Scene, render
from istdbench.errors import DataError, UsageError
from istdbench.files import sha256_bytes
from istdbench.spec import Scalar, Spec, check_options

VERSION = 1
"""Raised whenever any pixel of any image changes; a part of every image's seed and of the fingerprint."""

TRAIN, VAL = 192, 32
RANGES = {"n": (1, 10_000), "size": (64, 2048), "scr": (0.1, 100), "sigma": (0.3, 8), "seed": (0, 2**31 - 1)}
CLUTTERS = (*STRETCH, "mixed")


@dataclass(frozen=True)
class Options:
    """What a user may set.

    Attributes:
        n: test images; the training and validation parts are always 192 and 32.
        size: rows and columns in pixels, 64 to 2048.
        scr: local signal-to-clutter ratio of targets, see `Scene`; above about 15 bright targets saturate.
        sigma: standard deviation of the targets' spots in pixels, 0.3 to 8; 1.5 makes targets of about 10 pixels.
        clutter: "cloud", "sea" or "mixed".
        seed: another seed is another data set of the same kind.
    """

    n: int = 32
    size: int = 256
    scr: float = 6.0
    sigma: float = 1.5
    clutter: str = "mixed"
    seed: int = 0

    @classmethod
    def of(cls, given: Mapping[str, Scalar]) -> Options:
        """Options from a typed name, over the defaults.

        Raises:
            UsageError: an unknown option, or a value out of range; says the range.
        """
        check_options("data set 'synth'", given, [field.name for field in fields(cls)])
        return replace(cls(), **{key: _checked(key, value) for key, value in given.items()})


class Synth(Dataset):
    """Synthetic images with cloud-like and sea-like clutter; part and index fix an image, `n` does not."""

    default_protocol = "short512"

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        self.options = options
        self._scene = Scene(options.size, options.scr, options.sigma, options.clutter)

    @property
    def fingerprint(self) -> str:
        return sha256_bytes(self._key(n=self.options.n))

    def splits(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        counts = {"train": TRAIN, "val": VAL, "test": self.options.n}
        return {"official": {part: tuple(f"{part}_{i:04d}" for i in range(n)) for part, n in counts.items()}}

    def load(self, name: str) -> Sample:
        part, _, index = name.partition("_")
        if name not in self.splits()["official"].get(part, ()):
            raise DataError(f"{self.name}: no image {name!r}; names are train_0000, val_0000, test_0000 and so on")
        image, mask = render(int(sha256_bytes(self._key(part=part, index=int(index))), 16), self._scene)
        return Sample(name, image.astype(np.float32), mask)

    def _key(self, **more: Scalar) -> bytes:
        """The generator's version, every option that changes pixels, and `more`, as canonical text."""
        options = {key: value for key, value in asdict(self.options).items() if key != "n"}
        return json.dumps({"version": VERSION, **options, **more}, sort_keys=True).encode()


def synth(spec: Spec) -> Synth:
    """The data set of a typed name such as `synth:n=64,scr=3`.

    Raises:
        UsageError: an unknown option, or a value out of range.
    """
    if spec.argument:
        raise UsageError(f"synth: {spec.argument!r} stands without a key; write key=value")
    return Synth(str(spec), Options.of(spec.options))


def _checked(key: str, value: Scalar) -> Any:
    if key == "clutter":
        if value not in CLUTTERS:
            raise UsageError(f"synth: clutter={value} is not one of {', '.join(CLUTTERS)}")
        return value
    low, high = RANGES[key]
    whole = isinstance(getattr(Options, key), int)
    if isinstance(value, bool | str) or (whole and isinstance(value, float)) or not low <= value <= high:
        raise UsageError(f"synth: {key}={value} is not a {'whole ' if whole else ''}number from {low} to {high}")
    return value if whole else float(value)


SYNTH = DatasetEntry("synth", "generated on the fly; options n, size, scr, sigma, clutter, seed", synth)
