"""The suite over a method or a package: each check of each method is a case that pytest or the command line runs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from tempfile import TemporaryDirectory
from typing import Literal

from istdbench.conformance.sentences import ConformanceError, doing
from istdbench.errors import UsageError
from istdbench.methods.method import Method
from istdbench.plugins.guard import BLAME
from istdbench.plugins.hookspecs import GROUP
from istdbench.plugins.manager import origin_of_point, plugins
from istdbench.registry import METHODS
from istdbench.spec import Scalar, near_miss, parse_spec

BUILT_IN = "istdbench"
Verdict = Literal["pass", "fail", "not applicable"]


@dataclass(frozen=True)
class Case:
    """One check of one method or package.

    Attributes:
        of: the method as typed, or the package.
        check: the promise as a name.
        action: does the check; None where the promise is not one of such a method.
    """

    of: str
    check: str
    action: Callable[[], None] | None

    def run(self) -> None:
        """Do the check, in an empty folder; global state is put back, whatever the method did to it.

        Raises:
            ConformanceError: the promise is broken.
        """
        from istdbench.plugins.global_state import load_libraries
        from istdbench.plugins.state import preserved

        if self.action is not None:
            load_libraries()
            with TemporaryDirectory(prefix="istdbench-check-") as folder, preserved():
                os.chdir(folder)
                with doing("the check", "mend what is at that place"):
                    self.action()

    def result(self) -> Result:
        """Do the check, and say how it went; never raises for what a method does."""
        if self.action is None:
            return Result(self.of, self.check, "not applicable")
        try:
            self.run()
        except ConformanceError as error:
            return Result(self.of, self.check, "fail", str(error))
        return Result(self.of, self.check, "pass")

    def __str__(self) -> str:
        return f"{self.of}-{self.check}"


@dataclass(frozen=True)
class Result:
    """How a check went; `why` is the sentence of a failure."""

    of: str
    check: str
    verdict: Verdict
    why: str = ""


def cases(target: str | Method) -> list[Case]:
    """The checks that apply, for `pytest.mark.parametrize`.

    Args:
        target: a method as typed (`mim_istd:inner=all`), an installed package that registers methods
            (`istdbench` means the built-in ones), or a method itself, registered or not.

    Raises:
        UsageError: there is no such method or package, or the package registers no method.
    """
    return [case for case in all_cases(target) if case.action is not None]


def all_cases(target: str | Method) -> list[Case]:
    """As `cases`, with the checks that do not apply."""
    if isinstance(target, Method):
        return _of_method(target, {})
    spec = parse_spec(target)
    if spec.name in METHODS.names():
        return _of_method(METHODS.get(spec.name), spec.options)
    points = [point for point in entry_points(group=GROUP) if _is_of(point, target)]
    if not points and target != BUILT_IN:
        hint = near_miss(spec.name, METHODS.names())
        raise UsageError(
            f"{target!r} is neither a method nor an installed package with an entry point {GROUP!r}; {hint}"
            "`istdbench list methods` shows what there is, `pip install -e FOLDER` installs a package"
        )
    return _of_package(target, points)


def _of_method(method: Method, given: Mapping[str, Scalar]) -> list[Case]:
    from istdbench.conformance.checks import CHECKS
    from istdbench.conformance.subject import make_subject

    subject = make_subject(method, given)
    return [
        Case(subject.typed, check.name, partial(check.run, subject) if isinstance(subject, check.of) else None)
        for check in CHECKS
    ]


def _of_package(package: str, points: list[EntryPoint]) -> list[Case]:
    """What each entry point's module does when imported, then its methods."""
    from istdbench.conformance.fresh_import import importing_changes_no_global_state

    origins = {origin_of_point(point) for point in points} or {"built-in"}
    own = [METHODS.get(name) for name in METHODS.names() if METHODS.origin(name) in origins]
    found = []
    for point in points:
        found.append(Case(package, "the_plugin_loads", partial(_loads, origin_of_point(point))))
        imports = partial(importing_changes_no_global_state, point.module)
        found.append(Case(package, "importing_changes_no_global_state", imports))
    broken = {plugin.origin for plugin in plugins().broken}
    if not own and not broken & origins:
        raise UsageError(f"{package} registers no method, and only methods are checked; implement register_methods()")
    return found + [case for method in own for case in _of_method(method, {})]


def _loads(origin: str) -> None:
    """The plugin could be imported, and its hooks returned what they register."""
    for plugin in plugins().broken:
        if plugin.origin == origin:
            last = [line for line in plugin.traceback.strip().splitlines() if not line.startswith(BLAME)][-1]
            places = re.findall(r'File "([^<].*)", line (\d+)', plugin.traceback)
            place = f" ({':'.join(places[-1])})" if places else ""
            raise ConformanceError(
                f"{origin} could not be loaded: {last}{place}; "
                "mend it, the whole traceback is in `istdbench list methods`"
            )


def _is_of(point: EntryPoint, package: str) -> bool:
    """Whether the entry point is the package's; "-", "_" and "." in names are one (PEP 503)."""
    return point.dist is not None and _normal(point.dist.name) == _normal(package)


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
