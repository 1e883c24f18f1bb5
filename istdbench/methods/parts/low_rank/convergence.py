"""The warning of a solver that was stopped before it had converged."""

from __future__ import annotations

import warnings


class ConvergenceWarning(UserWarning):
    """A response that more iterations would change."""


def warn_unconverged(method: str, iterations: int, residual: float, tolerance: float) -> None:
    """Warn that a method used up its iterations: with which residual, and which would have been small enough."""
    warnings.warn(
        f"{method}: not converged after {iterations} iterations: residual {residual:.2g}, not below {tolerance:.2g}",
        ConvergenceWarning,
        stacklevel=2,
    )
