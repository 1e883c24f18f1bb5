"""Selective scan (S6) and its scan orders: one contract, several backends; and LayerNorm of few channels."""

from istdbench.ops.choice import backends
from istdbench.ops.scan import selective_scan, ss2d

__all__ = ["backends", "selective_scan", "ss2d"]
