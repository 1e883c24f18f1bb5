"""Checks of what a method says about itself: name, paper, options."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from istdbench.config import validated
from istdbench.conformance.sentences import ConformanceError, signature_text
from istdbench.conformance.subject import ClassicalSubject, NetworkSubject, Subject, make_subject
from istdbench.errors import UsageError
from istdbench.methods.method import Option
from istdbench.protocols.fields import Training
from istdbench.spec import check_name

UNKNOWN = "no_such_option"


def the_description_is_complete(subject: Subject) -> None:
    """Name, summary, paper, input channels and threshold rule can be typed, shown and recorded."""
    method = subject.method
    try:
        check_name(method.name, f"the name {method.name!r}")
    except UsageError as error:
        raise ConformanceError(str(error)) from error
    for part in ("summary", "paper"):
        text = getattr(method, part)
        if not text.strip() or "\n" in text:
            raise ConformanceError(f"{part} is {text!r}; give one line")
    if isinstance(subject, NetworkSubject) and subject.method.in_channels < 1:
        raise ConformanceError(f"in_channels is {subject.method.in_channels}; give 1 or 3")
    if method.frames < 1:
        raise ConformanceError(f"frames is {method.frames}; give 1, or how many of a sequence the method looks at")
    if isinstance(subject, ClassicalSubject):
        rule = subject.method.threshold
        if (getattr(rule, "name", None) or getattr(rule, "__name__", "<lambda>")) == "<lambda>":
            raise ConformanceError(
                "the threshold rule has no name, and records name it; use a rule of istdbench.methods.thresholds "
                "or a named function"
            )


def the_recipe_is_one_of_a_training(subject: NetworkSubject) -> None:
    """The recipe can stand as the `training` section of a protocol."""
    try:
        validated(Training, subject.method.recipe, "the recipe")
    except UsageError as error:
        raise ConformanceError(f"{error}; a recipe has the fields of a protocol's training section") from error


def every_option_is_described(subject: Subject) -> None:
    """Each option has a help line and a default, and the function behind it takes it with that default."""
    function = subject.method.function
    parameters, shown = inspect.signature(function).parameters, signature_text(function)
    for name, option in subject.method.options.items():
        _check_option(name, option)
        if name in parameters:
            default = parameters[name].default
            if default is not inspect.Parameter.empty and default != option.default:
                raise ConformanceError(
                    f"option {name!r} is {option.default!r} by default, but {default!r} in {shown}; make them the same"
                )
        elif not _takes_anything(parameters):
            raise ConformanceError(f"option {name!r} is not a parameter of {shown}; add it")


def _check_option(name: str, option: Option) -> None:
    if not name.isidentifier():
        raise ConformanceError(f"option {name!r} cannot be typed as name=value; use a Python name")
    if not option.help.strip():
        raise ConformanceError(f"option {name!r} has no help; say what it does, and its unit")
    if not isinstance(option.default, int | float | bool | str):
        raise ConformanceError(f"option {name!r}: the default {option.default!r} is no number, bool or text; give one")
    if isinstance(option.default, int | float) and not option.takes(option.default):
        raise ConformanceError(f"option {name!r}: the default {option.default!r} is out of its range, {option.range}")
    if option.choices and option.default not in option.choices:
        raise ConformanceError(f"option {name!r}: the default {option.default!r} is not among its choices; add it")


def unknown_options_are_refused(subject: Subject) -> None:
    """A misspelt option, a text for a number, and a value that is not among the choices raise UsageError; the function
    behind the method does not take a misspelt option either."""
    _check_refused(subject, UNKNOWN, 1)
    for name, option in subject.method.options.items():
        if option.choices or not isinstance(option.default, str):
            _check_refused(subject, name, "no such choice")
    if _takes_anything(inspect.signature(subject.method.function).parameters):
        _check_not_swallowed(subject)


def _check_refused(subject: Subject, name: str, value: int | str) -> None:
    try:
        subject.method.resolve({name: value})
    except UsageError:
        return
    raise ConformanceError(f"{name}={value!r} is taken without a word; leave Method.resolve as istdbench has it")


def _check_not_swallowed(subject: Subject) -> None:
    """A function with **options hands them on to one that refuses what it does not know."""
    try:
        subject.call(**{UNKNOWN: 1})
    except Exception:  # a stranger's code may refuse with any error
        return
    shown = signature_text(subject.method.function)
    raise ConformanceError(
        f"{shown} takes {UNKNOWN}=1 without a word, so that a misspelt option is lost; "
        "name its parameters in place of **"
    )


def _takes_anything(parameters: Mapping[str, inspect.Parameter]) -> bool:
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())


def every_choice_works(subject: Subject) -> None:
    """Each choice of each option gives a method that takes an image."""
    for name, option in subject.method.options.items():
        for choice in option.choices:
            try:
                make_subject(subject.method, {**subject.options, name: choice}).detector()(subject.picture(32, 32))
            except ConformanceError as error:
                raise ConformanceError(f"with {name}={choice}: {error}") from error
