"""Functions of single entries: shrinkage and scaling."""

from __future__ import annotations

from istdbench.lazy import numpy as np


def shrink(values: np.ndarray, by: np.ndarray | float) -> np.ndarray:
    """Soft thresholding: each value moved towards 0 by as much, and no further."""
    return values - np.clip(values, -by, by)


def unit_range(values: np.ndarray) -> np.ndarray:
    """Values moved and scaled to 0..1; zeros where all are the same. MATLAB calls it mat2gray."""
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)
