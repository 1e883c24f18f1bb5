"""What an exported file says of itself, as JSON under the key `istdbench`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from istdbench.results import NetworkInput
from istdbench.spec import Scalar

KEY = "istdbench"


@dataclass(frozen=True)
class About:
    """Which network it is, what its images go through, and where its weights come from.

    Attributes:
        seen: z-score, padding and channels are part of the file; the resizing is not.
        threshold: a target is where the score is greater.
        weights: SHA-256 of the weights file.
        origin: of the weights, as records hold it (`istdbench.jobs.header.WeightsHeader.for_record`).
        version: of istdbench.
        frames: of a sequence, which the network sees at once; 1 for a network of single images.
    """

    method: str
    options: Mapping[str, Scalar]
    seen: NetworkInput
    threshold: float
    weights: str
    origin: Mapping[str, object]
    version: str
    frames: int = 1

    @property
    def sentence(self) -> str:
        """How the file is used, in words."""
        resize, end = self.seen.resize, ""
        if resize is not None:
            end = f" Stretch an image to {resize} x {resize} first, bilinear, and its score map back."
        one, score = f"(batch, {self.frames}, height, width)", "of the same shape"
        if self.frames > 1:
            one, score = (
                f"{one}, a sequence's frames, oldest first",
                "(batch, 1, height, width), that of the last frame",
            )
        return (
            f"image: gray levels in 0..255, float32, {one}; z-score, padding, channels are inside. "
            f"score: in 0..1, {score}; a target is where it is greater than {self.threshold:g}.{end}"
        )

    def as_json(self) -> dict[str, Any]:
        """All of it. `before` is what is left to do before the file is run, `inside` what it does by itself."""
        seen = self.seen.model_dump(mode="json")
        return {
            "method": self.method,
            "options": dict(self.options),
            "use": self.sentence,
            "before": {"resize": seen.pop("resize"), "interpolation": "bilinear"},
            "inside": seen,
            "threshold": self.threshold,
            **({"frames": self.frames} if self.frames > 1 else {}),
            "weights_sha256": self.weights,
            "dataset": self.origin.get("dataset"),
            "protocol": self.origin.get("protocol"),
            "weights": dict(self.origin),
            "istdbench": self.version,
        }
