"""The package that brings a method, by a requirement that gives everyone the same code, and whether it is here."""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from istdbench.errors import PluginError, UsageError
from istdbench.registry import BUILT_IN, METHODS
from istdbench.submissions.bundle import FORM, Bundle, PluginNeed

_ORIGIN = re.compile(r"(?P<distribution>\S+) (?P<version>\S+) \(.*\)")
"""As `istdbench.plugins.manager.origin_of_point` says where an entry comes from."""
_COMMIT = re.compile(r"git\+https://[^\s@]+@[0-9a-f]{40}")
FORMS = "NAME==VERSION, or 'NAME @ git+https://HOST/OWNER/REPO@COMMIT' with all 40 digits of the commit"


def plugin_need(method: str, requirement: str | None) -> PluginNeed | None:
    """What the plugin of a method is installed by; None of a built-in method.

    Raises:
        UsageError: the method is unknown, or a requirement is missing, of nothing, or not one of `FORMS`.
    """
    origin = METHODS.origin(method)
    if origin == BUILT_IN:
        if requirement is not None:
            raise UsageError(f"--plugin {requirement}: {method} comes with istdbench; leave it out")
        return None
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise UsageError(
            f"method {method} comes from {origin}, which is no installed package; make one of it "
            "(`istdbench new-plugin`), so that others can install it"
        )
    if requirement is None:
        raise UsageError(f"method {method} comes from {origin}; say with --plugin what others install: {FORMS}")
    need = PluginNeed(requirement=requirement, distribution=found["distribution"], version=found["version"])
    check_requirement(need, f"--plugin {requirement}")
    return need


def check_requirement(need: PluginNeed, where: str) -> None:
    """Refuse a requirement that gives one code today and another tomorrow, or another package.

    Args:
        where: what the message begins with.

    Raises:
        UsageError: it is none of `FORMS`, or of another package or version than the form says.
    """
    try:
        wanted = Requirement(need.requirement)
    except InvalidRequirement as error:
        raise UsageError(f"{where}: no requirement of one package; write {FORMS}") from error
    exact = str(wanted.specifier) == f"=={need.version}" if wanted.url is None else _COMMIT.fullmatch(wanted.url)
    if not exact or wanted.marker is not None:
        raise UsageError(
            f"{where}: it is not pinned to what the record was made with, {need.distribution} {need.version}; "
            f"write {FORMS}"
        )
    if canonicalize_name(wanted.name) != canonicalize_name(need.distribution):
        raise UsageError(f"{where}: of package {wanted.name}, and the method comes from {need.distribution}; mend it")


def check_plugin(bundle: Bundle) -> None:
    """Refuse a bundle whose method is not here as the form says.

    Raises:
        PluginError: the plugin is not installed, or is another version or package.
        UsageError: as `check_requirement`; or no plugin is named and the method is no built-in.
    """
    method, need, form = bundle.record.method.spec.name, bundle.form.plugin, bundle.folder / FORM
    if need is not None:
        check_requirement(need, f"{form}: plugin.requirement")
    if method not in METHODS.names():
        install = f"install its plugin: pip install '{need.requirement}'" if need else "name its plugin in the form"
        raise PluginError(f"{form}: no method {method!r} is registered here; {install}")
    origin = METHODS.origin(method)
    if need is None and origin != BUILT_IN:
        raise UsageError(
            f"{form}: method {method} comes from {origin}, and the form names no plugin; write the bundle again with "
            "`istdbench submit --plugin`"
        )
    if need is not None:
        found = _ORIGIN.fullmatch(origin)
        here = found and (canonicalize_name(found["distribution"]), found["version"])
        if here != (canonicalize_name(need.distribution), need.version):
            raise PluginError(
                f"{form}: method {method} comes from {origin} here, and its plugin is {need.distribution} "
                f"{need.version}; pip install '{need.requirement}' in an environment of its own"
            )
