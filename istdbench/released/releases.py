"""Every release that is declared, and the one that a person means."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files

from istdbench.errors import UsageError
from istdbench.released.release import Release
from istdbench.spec import Spec

WORD = "released"
"""What `--weights` takes for the weights that a method's authors released; `released:NAME` where there are several."""


@cache
def releases() -> tuple[Release, ...]:
    """All, in the order of `releases.toml`."""
    text = (files("istdbench.released") / "releases.toml").read_text(encoding="utf-8")
    return tuple(Release.model_validate(entry) for entry in tomllib.loads(text, parse_float=Decimal)["release"])


def is_meant(weights: str) -> bool:
    """Whether a text that names weights means released ones."""
    return weights.partition(":")[0] == WORD


def releases_of(method: Spec) -> list[Release]:
    """Those of a method with these options, which are the shortest that say it."""
    return [each for each in releases() if each.spec == method]


def released_for(method: Spec) -> list[str]:
    """What `--weights` takes for each release of a method."""
    names = [each.name for each in releases_of(method)]
    return [WORD] if len(names) == 1 else [f"{WORD}:{name}" for name in names]


def release_of(weights: str, method: Spec, dataset: str | None = None) -> Release:
    """The release that a person means.

    Args:
        weights: `released:NAME`, or `released`: of several the one that was trained on the data set.
        method: with the shortest options.
        dataset: name of the one that is scored; None where there is none.

    Raises:
        UsageError: there is none, or several that it may be; the message lists them.
    """
    _, _, name = weights.partition(":")
    found = releases_of(method)
    if name:
        chosen = [each for each in found if each.name == name]
    elif len(found) > 1:
        chosen = [each for each in found if dataset in {images.dataset for images in each.trained_on}]
    else:
        chosen = found
    if len(chosen) == 1:
        return chosen[0]
    raise UsageError(f"--weights {weights}: {_advice(method, name, found, dataset)}")


def _advice(method: Spec, name: str, found: list[Release], dataset: str | None) -> str:
    if found:
        names = ", ".join(released_for(method))
        why = f"none of that name for {method}" if name else f"several of {method}"
        if not name and dataset:
            why += f", and which is for {dataset} is not plain"
        return f"{why}; there are {names} (istdbench weights list)"
    forms = dict.fromkeys(each.method for each in releases() if each.spec.name == method.name)
    if forms:
        return f"none of {method} as it is; there are some of {', '.join(forms)}: give one as the method"
    known = dict.fromkeys(each.spec.name for each in releases())
    return f"no weights of {method} are known that its authors released; there are some of {', '.join(known)}"
