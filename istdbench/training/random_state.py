"""The random numbers that an epoch has come to: a training that goes on inside it goes on with them."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor


def random_state() -> dict[str, Tensor]:
    """The state of every generator that `accelerate.utils.set_seed` sets, as tensors that a checkpoint can hold."""
    version, numbers, gauss = random.getstate()
    legacy = np.random.get_state(legacy=False)
    state = {
        "torch": torch.get_rng_state(),
        "python": torch.tensor([version, *numbers]),
        "python gauss": _optional(gauss),
        "numpy": torch.from_numpy(legacy["state"]["key"].astype(np.int64)),
        "numpy place": torch.tensor([legacy["state"]["pos"], legacy["has_gauss"]]),
        "numpy gauss": _optional(legacy["gauss"]),
    }
    return state | ({"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else {})


def set_random_state(state: Mapping[str, Tensor]) -> None:
    """Let the generators go on where `random_state` found them."""
    state = {name: tensor.cpu() for name, tensor in state.items()}
    torch.set_rng_state(state["torch"])
    version, *numbers = state["python"].tolist()
    random.setstate((version, tuple(numbers), *(state["python gauss"].tolist() or [None])))
    place, has_gauss = state["numpy place"].tolist()
    key = state["numpy"].numpy().astype(np.uint32)
    np.random.set_state(("MT19937", key, place, has_gauss, state["numpy gauss"].item()))
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def _optional(number: float | None) -> Tensor:
    return torch.tensor([] if number is None else [number], dtype=torch.float64)
