"""Threshold rules of the classical methods, and the score map that a response and its threshold make.

Hardly any reference code of a classical method ships its rule, and the rule moves the score: the published IoU of
Top-Hat on SIRST is 7.1 in one table and 26.9 in another. So every rule here has a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from istdbench.errors import UsageError
from istdbench.lazy import numpy as np


@dataclass(frozen=True)
class Rule:
    """A named threshold rule: called with a response (H, W), it gives the level above which a pixel is a target."""

    name: str
    level: Callable[[np.ndarray], float]

    def __call__(self, response: np.ndarray) -> float:
        return self.level(response)


def adaptive(k: float = 0.7) -> Rule:
    """T = max(k max(G), mean(G) + 0.5 std(G)): the common rule in comparisons on SIRST."""

    def level(response: np.ndarray) -> float:
        statistics = response.mean(dtype=float) + 0.5 * response.std(dtype=float)
        return max(k * float(response.max()), float(statistics))

    return Rule(f"adaptive(k={k})", level)


def half_max() -> Rule:
    """T = max(G) / 2."""
    return Rule("half_max", lambda response: float(response.max()) / 2)


RULES = (adaptive(), half_max())
"""What any classical method may be given in place of its own rule: `tophat:threshold=half_max`."""


def rule_name(rule: Callable[[np.ndarray], float]) -> str:
    """A rule's name, as records hold it: with its parameters."""
    return str(getattr(rule, "name", None) or getattr(rule, "__name__", rule))


def choose_rule(name: str, own: Callable[[np.ndarray], float]) -> Callable[[np.ndarray], float]:
    """The rule of that name: a method's own, or one of RULES. What stands before the parameters suffices: `adaptive`.

    Raises:
        UsageError: there is none; the message lists those there are.
    """
    rules = {rule_name(rule): rule for rule in (own, *RULES)}
    for full, rule in rules.items():
        if name in (full, full.partition("(")[0]):
            return rule
    raise UsageError(f"threshold={name} is not one of {', '.join(rules)}")


def score_map(response: np.ndarray, threshold: float) -> np.ndarray:
    """Scores clip(G / 2T, 0, 1): above 0.5 exactly where the response is above the threshold.

    Args:
        response: G, (H, W), not negative.
        threshold: T, in the response's units.

    Returns:
        (H, W) float32 in [0, 1]; zeros where T is not positive, since a flat image holds no target.
    """
    if threshold <= 0:
        return np.zeros(response.shape, np.float32)
    exact = response.astype(float)  # against a float32 array, NumPy would round the threshold to float32
    score = np.clip(exact / (2 * threshold), 0, 1).astype(np.float32)
    half = np.float32(0.5)
    # a response a hair above T would be rounded to 0.5, and no longer count as above
    return np.where(exact > threshold, np.maximum(score, np.nextafter(half, np.float32(1))), np.minimum(score, half))
