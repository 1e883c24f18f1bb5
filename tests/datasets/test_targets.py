"""Images without a single target are refused, and no more of them is read than needed."""

from itertools import islice

import numpy as np
import pytest

from istdbench.datasets.dataset import Dataset, Sample
from istdbench.datasets.targets import require_targets
from istdbench.errors import DataError


class Counting(Dataset):
    """Six images, of which the third alone has a target; it counts what is read."""

    name = "counting"
    fingerprint = ""

    def __init__(self):
        self.read = []

    def splits(self):
        return {"official": {"test": tuple("abcdef")}}

    def load(self, name):
        self.read.append(name)
        return Sample(name, np.zeros((2, 2), np.float32), np.full((2, 2), name == "c"))


def test_images_are_read_until_one_has_a_target():
    data = Counting()
    require_targets(data, "abcdef", "score")
    assert data.read == ["a", "b", "c"]


def test_images_without_a_target_and_no_images_are_refused():
    message = "counting: none of the 5 images to score has a target; .*`istdbench data check counting`"
    with pytest.raises(DataError, match=message):
        require_targets(Counting(), islice("abdef", 9), "score")
    with pytest.raises(DataError, match="counting: there is no image to score; the list of this part is empty"):
        require_targets(Counting(), (), "score")
