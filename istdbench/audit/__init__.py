"""The metric audit: the same score maps under the scoring rules of other repositories, and why the numbers differ."""

from istdbench.audit.audit import Audit, Row
from istdbench.audit.variants import REFERENCE, VARIANTS

__all__ = ["REFERENCE", "VARIANTS", "Audit", "Row"]
