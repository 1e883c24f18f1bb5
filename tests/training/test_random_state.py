"""Random numbers go on where they were."""

import random

import numpy as np
import safetensors.torch
import torch
from accelerate.utils import set_seed

from istdbench.training.random_state import random_state, set_random_state


def draws():
    """Some of every generator; an odd number of normal ones, which are made in pairs."""
    return [random.random(), random.gauss(0, 1), *np.random.rand(3), np.random.randn(), *torch.rand(3).tolist()]


def test_every_generator_goes_on_where_its_state_was_taken_down():
    set_seed(1)
    for _ in range(2):  # with and without the other normal number of a pair at hand
        draws()
        kept = safetensors.torch.load(safetensors.torch.save(random_state()))
        expected = draws()
        set_seed(2)
        set_random_state(kept)
        assert draws() == expected
