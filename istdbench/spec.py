"""Names with options, as typed on the command line: `mim_istd:inner=all`, `synth:n=64,scr=3`, `folder:/data/mine`.

A path or a value with a comma or an equals sign in it stands in double quotes, `folder:"/data/a,b=c",range=minmax`;
a double quote within them is written twice.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from istdbench.errors import UsageError
from istdbench.files import sha256_bytes

Scalar = int | float | bool | str
_QUOTED = r'"(?:[^"]|"")*"'
KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
"""What a value of each type is called."""
QUOTED_PATH = "a path with a comma or = in it stands in double quotes, and these in single ones: 'folder:\"PATH\"'"
"""How such a path is typed; without the single quotes, a shell takes the double ones away."""
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.+-]*[A-Za-z0-9_+-])?")
LONGEST_NAME = 100
DEVICES = {"con", "prn", "aux", "nul", *(f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10))}
"""Names that Windows keeps for devices, whatever ending they have."""
LONGEST_SLUG = 150
"""Bytes: a file name has 255, of which the seed, hashes and endings around a slug need less than the rest."""


@dataclass(frozen=True)
class Spec:
    """A parsed name.

    Attributes:
        name: what is looked up in a registry.
        argument: the one value without a key, such as the path of `folder:PATH`; "" where there is none.
        options: key to value; numbers and true/false are converted.
    """

    name: str
    argument: str = ""
    options: Mapping[str, Scalar] = field(default_factory=dict)

    def __str__(self) -> str:
        looks_like_option = "=" in self.argument.partition("/")[0]
        argument = _quoted(self.argument) if looks_like_option else _text(self.argument)
        parts = [argument] if self.argument else []
        parts += [f"{key}={_text(value)}" for key, value in sorted(self.options.items())]
        return f"{self.name}:{','.join(parts)}" if parts else self.name

    @property
    def slug(self) -> str:
        """The name as one folder or file name: `mim_istd:inner=all` becomes `mim_istd-inner=all`; see `cut`."""
        return cut(re.sub(r"[:,]", "-", re.sub(r"[/\\\x00-\x1f\x7f]", "_", str(self).replace('"', ""))))


def cut(text: str) -> str:
    """A text as a part of a file's name: one longer than `LONGEST_SLUG` is cut, and ends in digits of its hash."""
    whole = text.encode()
    if len(whole) <= LONGEST_SLUG:
        return text
    end = f"-{sha256_bytes(whole)[:12]}"
    return whole[: LONGEST_SLUG - len(end)].decode(errors="ignore") + end


def check_name(name: str, what: str) -> None:
    """Refuse a name that a path, a command line, a table or a page could take for something else.

    What plugins register, protocol files and records of predictions are called, and what records on disk name, pass
    here: so nothing that is written by a name lies outside the folder that was given.

    Args:
        what: whose name it is, as the message begins with it.

    Raises:
        UsageError: it is none; the message says what a name is.
    """
    if len(name) > LONGEST_NAME:
        raise UsageError(f"{what} has {len(name)} letters; give it at most {LONGEST_NAME}")
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{what} is no name; use letters A-Z, digits, '_', '-', '+' and '.', and begin with a letter or a digit"
        )
    if name.partition(".")[0].lower() in DEVICES:
        raise UsageError(f"{what} is no name; Windows keeps it for a device; choose another")


def parse_spec(text: str) -> Spec:
    """Parse one name with options.

    Raises:
        UsageError: the name is empty or no UTF-8, a key is given twice, or more than one value has no key.
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UsageError(
                f"{text!a}: it is no UTF-8, and no record or page could hold it; rename what it names"
            ) from error
    name, _, rest = text.strip().partition(":")
    if not name:
        raise UsageError(f"{text!r}: a name is missing; write NAME or NAME:key=value,key=value")
    if "/" in name or "\\" in name:
        raise UsageError(f"{text!r} is a path, no name; a folder of data is folder:PATH; {QUOTED_PATH}")
    argument, options = "", {}
    for part in _pieces(rest):
        key, equals, value = part.partition("=")
        if equals and "/" not in key and '"' not in key:
            if key.strip() in options:
                raise UsageError(f"{text!r}: {key.strip()} is given twice")
            options[key.strip()] = _value(value.strip())
        elif argument:
            raise UsageError(
                f"{text!r}: both {argument!r} and {part!r} stand without a key; write key=value; {QUOTED_PATH}"
            )
        else:
            argument = _unquoted(part)
    return Spec(name, argument, options)


def parse_specs(text: str) -> list[Spec]:
    """Parse a comma-separated list. `a:x=1,y=2,b` is `a` with two options, then `b`."""
    texts: list[str] = []
    for piece in _pieces(text):
        continues = "=" in piece and ":" not in piece.partition("=")[0] and texts
        if continues:
            texts[-1] += f",{piece}" if ":" in texts[-1] else f":{piece}"
        else:
            texts.append(piece)
    if not texts:
        raise UsageError("no name given; write NAME or NAME,NAME")
    return [parse_spec(item) for item in texts]


def check_options(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse an option that `owner` does not have, and suggest the nearest one it has.

    Raises:
        UsageError: naming the owner, the option and what there is.
    """
    names = sorted(known)
    for key in given:
        if key not in names:
            hint = near_miss(key, names)
            end = f"; {hint}" if hint else ". "
            raise UsageError(f"{owner}: no option {key!r}{end}It has: {', '.join(names) or 'none'}")


def checked_value(owner: str, key: str, value: Scalar, default: Scalar, choices: Sequence[Scalar] = ()) -> Scalar:
    """The value of an option, which is of the kind of its default or of a choice.

    A number for a decimal one becomes decimal, and anything for a text becomes text, so that one meaning is one value,
    however it was typed.

    Raises:
        UsageError: it is of another kind, or not among the choices.
    """
    kinds = {type(known) for known in (default, *choices)}
    if type(value) not in kinds:
        if float in kinds and type(value) is int:
            value = float(value)
        elif str in kinds:
            value = _text(value)
        else:
            wanted = " or ".join(sorted(KINDS.get(kind, kind.__name__) for kind in kinds))
            raise UsageError(f"{owner}: {key}={_text(value)} is not {wanted}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{owner}: {key}={value} is not {KINDS[float]}")
    if choices and value not in choices:
        raise UsageError(f"{owner}: {key}={_text(value)} is not one of {', '.join(map(_text, choices))}")
    return value


def near_miss(name: str, known: Iterable[str]) -> str:
    """ "did you mean 'NAME'? " with the nearest known name, or "" where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}? " if near else ""


def what_there_is(name: str, known: Iterable[str]) -> str:
    """ "did you mean 'NAME'? There are: …" with the nearest known name, or "there are: …" where none is near."""
    names = list(known)
    hint = near_miss(name, names)
    return f"{hint}{'There' if hint else 'there'} are: {', '.join(names)}"


def _pieces(text: str) -> list[str]:
    """What stands between commas, those within quotes left out; quotes stay."""
    if text.count('"') % 2:
        raise UsageError(f"{text!r}: a double quote is not closed; close it, or write it twice within quotes")
    pieces = re.findall(rf'(?:[^,"]|{_QUOTED})+', text)
    return [piece.strip() for piece in pieces if piece.strip()]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _unquoted(text: str) -> str:
    return re.sub(_QUOTED, lambda found: found[0][1:-1].replace('""', '"'), text)


def _value(text: str) -> Scalar:
    if '"' in text:
        return _unquoted(text)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def _text(value: Scalar) -> str:
    if isinstance(value, str):
        return _quoted(value) if re.search(r'[,"]|^\s|\s$', value) else value
    return str(value).lower() if isinstance(value, bool) else str(value)
