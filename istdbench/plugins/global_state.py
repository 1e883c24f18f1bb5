"""Global state that a plugin must leave alone: it belongs to the run, and to the methods that come after.

This is the one list of it. What is marked as `put_back` is put back by `istdbench.plugins.state`: all that can change a
number, and what paths and messages depend on. Conformance holds plugins to the rest too.
A library that is not imported yet has no state; what a plugin changes while it imports the library first is found where
its fresh state is known. What is not known then is the number of threads, which records name, and random states, which
no method of the package draws from without a seed.
"""

from __future__ import annotations

import locale
import logging
import os
import random
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from istdbench.lazy import cv2, torch
from istdbench.lazy import numpy as np
from istdbench.settings import give_libraries_a_cache

UNKNOWN = object()
PREFIX = "ISTDBENCH_"


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
        library: that it is the state of, which has to be imported; "" where there is none.
        fresh: its value when the library was just imported, where that is known.
        put_back: after each job, whoever ran. What is not would break a library that a job was the first to import.
    """

    name: str
    get: Callable[[], Any]
    put: Callable[[Any], object]
    instead: str
    random: bool = False
    at_import: bool = True
    library: str = ""
    fresh: Any = UNKNOWN
    put_back: bool = True

    @property
    def is_there(self) -> bool:
        """Whether there is such state yet."""
        return not self.library or self.library in sys.modules


def _numpy_state() -> tuple:
    kind, keys, *rest = np.random.get_state()
    return (kind, tuple(keys), *rest)


def _torch_state() -> bytes:
    return torch.get_rng_state().numpy().tobytes()


def _set_torch_state(state: bytes) -> None:
    torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


def _own_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}


def _set_own_variables(variables: dict[str, str]) -> None:
    _set_environment({name: value for name, value in os.environ.items() if not name.startswith(PREFIX)} | variables)


def _set_environment(variables: dict[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _registries() -> dict[str, Any]:
    module = sys.modules["mmengine.registry"]
    return {name: value for name, value in vars(module).items() if isinstance(value, module.Registry)}


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


def _locale() -> str:
    return locale.setlocale(locale.LC_ALL)


def _set_locale(name: str) -> None:
    locale.setlocale(locale.LC_ALL, name)


def _set_dtype(name: str) -> None:
    torch.set_default_dtype(getattr(torch, name.removeprefix("torch.")))


def _set_device(name: str) -> None:
    torch.set_default_device(None if name == "cpu" else name)  # to have set any, "cpu" too, slows every call of torch


def _folder() -> Path | None:
    try:
        return Path.cwd()
    except FileNotFoundError:  # somebody removed it
        return None


def _set_folder(path: Path | None) -> None:
    if path is not None:
        os.chdir(path)


LEAVE = "leave it to the one who runs"
GENERATOR = "use a generator of your own, such as np.random.default_rng(0) or torch.Generator()"


def _torch_flag(name: str, get: str, put: str, fresh: Any, instead: str = LEAVE) -> Setting:
    """A setting that one function of torch gets and another sets."""
    return Setting(
        name,
        lambda: getattr(torch, get)(),
        lambda value: getattr(torch, put)(value),
        instead,
        library="torch",
        fresh=fresh,
    )


def _cudnn(attribute: str, fresh: bool) -> Setting:
    return Setting(
        f"torch.backends.cudnn.{attribute}",
        lambda: getattr(torch.backends.cudnn, attribute),
        lambda value: setattr(torch.backends.cudnn, attribute, value),
        LEAVE,
        library="torch",
        fresh=fresh,
    )


SETTINGS = (
    Setting(
        "torch's default dtype",
        lambda: str(torch.get_default_dtype()),
        _set_dtype,
        "give dtype= to each tensor",
        library="torch",
        fresh="torch.float32",
    ),
    Setting(
        "torch's default device",
        lambda: str(torch.get_default_device()),
        _set_device,
        "take the input's device",
        library="torch",
        fresh="cpu",
    ),
    _torch_flag("torch's threads", "get_num_threads", "set_num_threads", UNKNOWN, "leave them to OMP_NUM_THREADS"),
    Setting(
        "OpenCV's threads", lambda: cv2.getNumThreads(), lambda count: cv2.setNumThreads(count), LEAVE, library="cv2"
    ),
    _torch_flag("torch's gradient mode", "is_grad_enabled", "set_grad_enabled", True, "use `with torch.no_grad():`"),
    _torch_flag(
        "torch's float32 matmul precision", "get_float32_matmul_precision", "set_float32_matmul_precision", "highest"
    ),
    _torch_flag(
        "torch's deterministic mode", "are_deterministic_algorithms_enabled", "use_deterministic_algorithms", False
    ),
    _cudnn("enabled", True),
    _cudnn("benchmark", False),
    _cudnn("deterministic", False),
    _cudnn("allow_tf32", True),
    Setting("torch's random state", _torch_state, _set_torch_state, GENERATOR, random=True, library="torch"),
    Setting(
        "NumPy's random state",
        _numpy_state,
        lambda state: np.random.set_state(state),
        GENERATOR,
        random=True,
        library="numpy",
    ),
    Setting("random's state", random.getstate, random.setstate, GENERATOR, random=True),
    Setting(
        "NumPy's error handling",
        lambda: np.geterr(),
        lambda value: np.seterr(**value),
        "use `with np.errstate(...):`",
        library="numpy",
    ),
    Setting("the working folder", _folder, _set_folder, "use whole paths"),
    Setting("the locale", _locale, _set_locale, "format with what the locale does not change"),
    Setting("istdbench's own variables", _own_variables, _set_own_variables, LEAVE),
    Setting("the environment", lambda: dict(os.environ), _set_environment, "take an option instead", at_import=False),
    Setting(
        "sys.path",
        lambda: list(sys.path),
        lambda value: sys.path.__setitem__(slice(None), value),
        "install it",
        put_back=False,
    ),
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
        put_back=False,
    ),
    Setting(
        "mmengine's registries",
        _registered,
        _set_registered,
        "register in a Registry of your own, when the module is imported",
        at_import=False,
        library="mmengine.registry",
        put_back=False,
    ),
)


def load_libraries() -> None:
    """Import every library that has such state, for one who looks at what becomes of all of it."""
    give_libraries_a_cache()
    for library in {setting.library for setting in SETTINGS} - {""}:
        import_module(library)
