"""A method that is known by its predictions alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from istdbench.errors import UsageError
from istdbench.methods.method import Kind, Method
from istdbench.spec import Scalar, Spec


@dataclass(frozen=True, kw_only=True)
class Predicted(Method):
    """What somebody ran elsewhere: there is a folder of its score maps, and nothing to run. It is never registered.

    Its name may have options, which mean what its authors say.
    """

    kind: ClassVar[Kind] = "predictions"
    has_weights: ClassVar[bool] = False

    @property
    def function(self) -> Callable[..., Any]:
        """None.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"method {self.name!r} is known by its predictions alone and cannot be run")

    def resolve(self, given: Mapping[str, Scalar]) -> dict[str, Scalar]:
        return dict(given)

    def shortest(self, typed: Spec) -> Spec:
        return typed
