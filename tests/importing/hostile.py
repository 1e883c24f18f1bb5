"""Pickles that would run something: each as the bytes of one program, none of which names what it is by chance."""

from __future__ import annotations

import builtins
import os
import pickle
from collections.abc import Callable


class Calls:
    """Pickles as a call of a function, whatever it is."""

    def __init__(self, function: Callable[..., object], *given: object) -> None:
        self.call = (function, given)

    def __reduce__(self) -> tuple:
        return self.call


class Restores:
    """Pickles as an object that is given a state."""

    def __init__(self, state: object) -> None:
        self.state = state

    def __reduce__(self) -> tuple:
        return (Restores, (), self.state)


def by_text(*lines: str) -> bytes:
    """A program of protocol 0, which no pickler would write."""
    return "\n".join(lines).encode() + b"\n."


def programs(touch: str) -> dict[str, bytes]:
    """Name to program; each would make the file `touch` if it were run.

    Args:
        touch: a path that does not exist.
    """
    command, python = f"touch {touch}", f"open({touch!r}, 'w').close()"
    eval_ = Calls(builtins.eval, python)
    return {
        "os.system": pickle.dumps(Calls(os.system, command)),
        "builtins.eval": pickle.dumps(eval_),
        "builtins.exec": pickle.dumps(Calls(builtins.exec, python)),
        "open": pickle.dumps(Calls(open, touch, "w")),
        "getattr chain": pickle.dumps(Calls(getattr, Calls(__import__, "os"), "system")),
        "nested in a state dict": pickle.dumps({"state_dict": {"weight": [eval_]}, "epoch": 3}),
        "state": pickle.dumps(Restores({"_modules": {"x": eval_}})),
        "key of a dictionary": pickle.dumps({("a", "b"): 1, "c": (eval_, eval_)}),
        "protocol 0": pickle.dumps(eval_, protocol=0),
        "protocol 5": pickle.dumps(eval_, protocol=5),
        "called result": by_text("cos", f"system\n(S'{command}'", f"tR(S'{command}'", "tR"),
        "method of torch": by_text("ctorch.hub", f"load\n(S'{command}'", "tR"),
        "rebuild with a function": by_text(
            "ctorch._utils", "_rebuild_tensor_v2\n(cos", f"system\nS'{command}'", "I0", "I0", "tR"
        ),
        "function given a state": by_text("ctorch._utils", "_rebuild_tensor_v2\n(dS'__code__'", f"S'{command}'", "sb"),
        "class given a state": by_text("ctorch.nn", "Module\n(dS'__setstate__'", f"S'{command}'", "sb"),
        "attribute by a dotted name": by_text("cistdbench.importing.inert", "pickle.Unpickler.find_class\n(t"),
    }
