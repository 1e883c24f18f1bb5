"""Heavy libraries that are imported when something of them is first used, so that what only describes itself is light.

    from istdbench.lazy import numpy as np

is `import numpy as np` but for that; to a type checker it is the same. Python 3.15 has a statement for it (PEP 810).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import cv2 as cv2
    import numpy as numpy
    import pandas as pandas
    import torch as torch
else:

    class _Library:
        """Stands for a library; what was looked up once is kept, so that it costs nothing after."""

        def __init__(self, name: str) -> None:
            self.__name__ = name

        def __getattr__(self, attribute: str) -> Any:
            found = getattr(import_module(self.__name__), attribute)
            setattr(self, attribute, found)
            return found

    cv2, numpy, pandas, torch = map(_Library, ("cv2", "numpy", "pandas", "torch"))
