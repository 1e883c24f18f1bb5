"""Global state that a method must leave alone: it belongs to the run, and to the methods that come after."""

from __future__ import annotations

import logging
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import mmengine.registry
import numpy as np
import torch
from mmengine.registry import Registry

State = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """One piece of global state.

    Attributes:
        name: as sentences call it.
        get: its value, comparable with ==.
        put: sets it back to such a value.
        instead: what a plugin does rather than change it.
        random: it is a generator's state, which building and training may advance.
        at_import: importing a plugin must not change it either. Where this is False, well-kept libraries change it
            when they are imported, and a plugin that needs them cannot help it.
    """

    name: str
    get: Callable[[], Any]
    put: Callable[[Any], object]
    instead: str
    random: bool = False
    at_import: bool = True


def _numpy_state() -> tuple:
    kind, keys, *rest = np.random.get_state()
    return (kind, tuple(keys), *rest)


def _torch_state() -> bytes:
    return torch.get_rng_state().numpy().tobytes()


def _set_torch_state(state: bytes) -> None:
    torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


def _set_environment(variables: dict[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _registries() -> dict[str, Registry]:
    return {name: value for name, value in vars(mmengine.registry).items() if isinstance(value, Registry)}


def _registered() -> dict[str, Any]:
    return {f"{name}.{key}": entry for name, one in _registries().items() for key, entry in one.module_dict.items()}


def _set_registered(entries: dict[str, Any]) -> None:
    for name, registry in _registries().items():
        registry.module_dict.clear()
        registry.module_dict.update({k.partition(".")[2]: e for k, e in entries.items() if k.startswith(f"{name}.")})


def _root_logger() -> tuple:
    return logging.root.level, tuple(logging.root.handlers)


def _set_root_logger(state: tuple) -> None:
    logging.root.setLevel(state[0])
    logging.root.handlers[:] = state[1]


def _cudnn(attribute: str) -> Setting:
    backend = torch.backends.cudnn
    return Setting(
        f"torch.backends.cudnn.{attribute}",
        lambda: getattr(backend, attribute),
        lambda value: setattr(backend, attribute, value),
        "leave it to the one who runs",
    )


GENERATOR = "use a generator of your own, such as np.random.default_rng(0) or torch.Generator()"
SETTINGS = (
    Setting("torch's default dtype", torch.get_default_dtype, torch.set_default_dtype, "give dtype= to each tensor"),
    Setting("torch's default device", torch.get_default_device, torch.set_default_device, "take the input's device"),
    Setting("torch's threads", torch.get_num_threads, torch.set_num_threads, "leave them to OMP_NUM_THREADS"),
    Setting("OpenCV's threads", cv2.getNumThreads, cv2.setNumThreads, "leave them to the one who runs"),
    Setting("torch's gradient mode", torch.is_grad_enabled, torch.set_grad_enabled, "use `with torch.no_grad():`"),
    Setting(
        "torch's float32 matmul precision",
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
        "leave it to the one who runs",
    ),
    Setting(
        "torch's deterministic mode",
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
        "leave it to the one who runs",
    ),
    *map(_cudnn, ("benchmark", "deterministic", "allow_tf32")),
    Setting("torch's random state", _torch_state, _set_torch_state, GENERATOR, random=True),
    Setting("NumPy's random state", _numpy_state, np.random.set_state, GENERATOR, random=True),
    Setting("random's state", random.getstate, random.setstate, GENERATOR, random=True),
    Setting("NumPy's error handling", np.geterr, lambda value: np.seterr(**value), "use `with np.errstate(...):`"),
    Setting("the working folder", Path.cwd, os.chdir, "use whole paths"),
    Setting("the environment", lambda: dict(os.environ), _set_environment, "take an option instead", at_import=False),
    Setting("sys.path", lambda: list(sys.path), lambda value: sys.path.__setitem__(slice(None), value), "install it"),
    Setting(
        "the warnings filters",
        lambda: list(warnings.filters),
        lambda value: warnings.filters.__setitem__(slice(None), value),  # type: ignore[index]
        "use `with warnings.catch_warnings():`",
        at_import=False,
    ),
    Setting(
        "the root logger",
        _root_logger,
        _set_root_logger,
        "log to logging.getLogger(__name__), and configure nothing",
        at_import=False,
    ),
    Setting(
        "mmengine's registries",
        _registered,
        _set_registered,
        "register in a Registry of your own, when the module is imported",
        at_import=False,
    ),
)


def snapshot() -> State:
    """Every setting's value by its name."""
    return {setting.name: setting.get() for setting in SETTINGS}


def changed(before: State, after: State) -> list[Setting]:
    """The settings that differ between two snapshots."""
    return [setting for setting in SETTINGS if before[setting.name] != after[setting.name]]


def change_text(setting: Setting, before: State, after: State) -> str:
    """What became of one setting: "torch's default dtype (torch.float32 became torch.float64)"."""
    old, new = before[setting.name], after[setting.name]
    if isinstance(old, Mapping):
        keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        return f"{setting.name} ({', '.join(keys)})"
    short = max(len(str(old)), len(str(new))) < 60
    return f"{setting.name} ({old} became {new})" if short else setting.name


@contextmanager
def preserved() -> Iterator[State]:
    """Puts back every setting that was changed inside, whatever happened; gives the snapshot taken before."""
    before = snapshot()
    try:
        yield before
    finally:
        for setting in changed(before, snapshot()):
            setting.put(before[setting.name])
