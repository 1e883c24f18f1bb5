"""A bundle: a plain folder with one record, its table of counts per image, and a form that says who stands by it.

    submissions/NAME/submission.json
    submissions/NAME/records/<dataset>/<protocol>/<method>-seed<seed>-<key>.json and .csv

The record names the SHA-256 of weights or maps; the form says where they are. Nothing in a bundle is a program, and
nothing is read through a link.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from istdbench.errors import DataError, IstdbenchError, UsageError
from istdbench.files import read_file
from istdbench.results import RECORDS, Record, Store, SubmissionInfo
from istdbench.results.record_parts import Part, first_fault
from istdbench.results.soundness import DECLARED

SUBMISSIONS = "submissions"
"""The folder of all bundles, beside that of the leaderboards."""
FORM = "submission.json"
SCHEMA = 1
LARGEST = 16_000_000
"""Bytes of the largest file of a bundle: a table of 100,000 images has fewer."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
STATED = ("parameters", "flops")
"""The probes that come out the same on every machine; what was measured on the sender's stays there."""
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Signer(Part):
    """Who stands by a result.

    Attributes:
        contact: an address of mail, or of the World Wide Web.
        author: whether it is an author of the method.
    """

    name: Line
    affiliation: Line | None = None
    contact: Line
    author: bool

    def __str__(self) -> str:
        return self.name if self.affiliation is None else f"{self.name}, {self.affiliation}"


class PluginNeed(Part):
    """The package that brings the method.

    Attributes:
        requirement: what pip installs it by, see `istdbench.submissions.requirements`.
        distribution, version: of the package, as it was when the record was made.
    """

    requirement: Line
    distribution: Line
    version: Line


class Form(Part):
    """What a bundle says beside its record.

    Attributes:
        plugin: None of a method that comes with istdbench, and of score maps.
        url: of the weights file, or of a zip archive of the score maps; None where there is neither, and of weights
            that a release declares.
    """

    schema_version: Literal[1] = 1
    signer: Signer
    plugin: PluginNeed | None = None
    url: Annotated[Line, Field(pattern=r"^https?://")] | None = None


def signed_by(name: str, affiliation: str | None, contact: str, author: bool) -> Signer:
    """A signer of what was typed.

    Raises:
        UsageError: a text is empty, too long or of several lines.
    """
    try:
        return Signer(name=name, affiliation=affiliation, contact=contact, author=author)
    except ValidationError as error:
        field = error.errors(include_url=False)[0]["loc"][0]
        option = "signer" if field == "name" else field
        raise UsageError(f"--{option}: a line of 1 to 300 letters is needed") from error


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files are what they should be; whether its number comes out is another question."""

    folder: Path
    form: Form
    record: Record

    @property
    def name(self) -> str:
        """The folder's name, by which pages and records call it."""
        return self.folder.name

    @property
    def store(self) -> Store:
        """The store of its one record."""
        return Store(self.folder / RECORDS)

    @property
    def grade(self) -> Literal["scored", "re-run"]:
        """What its check makes again: the score of its maps, or the maps too."""
        return "re-run" if self.record.predictions is None else "scored"

    @property
    def taken_in(self) -> Record:
        """The record as leaderboards have it."""
        signer = self.form.signer
        told = SubmissionInfo(bundle=self.name, by=str(signer), author=signer.author)
        return self.record.model_copy(update={"submission": told})


def read_bundle(folder: Path) -> Bundle:
    """The bundle in a folder, once its files have been looked at: no plugin is asked, and nothing is run.

    Raises:
        DataError: it is no plain folder, holds what it should not or not what it should, or the form is none.
        IstdbenchError: the record or its table is none, was changed, or stands elsewhere than its content says.
    """
    folder = folder.absolute()
    files = set(_files(folder))
    form = _form(folder / FORM)
    store = Store(folder / RECORDS)
    found = store.paths()
    if len(found) != 1:
        raise DataError(
            f"{folder / RECORDS}: it holds {len(found)} records, and a bundle has one; write it with `istdbench submit`"
        )
    record = store.load(found[0])
    store.check(record)
    assert record.per_image is not None, "a record with a sound table names it"
    own = {folder / FORM, found[0], found[0].with_name(record.per_image.file)}
    if foreign := sorted(str(path.relative_to(folder)) for path in files - own):
        raise DataError(f"{folder}: {', '.join(foreign)} does not belong in a bundle; delete it")
    bundle = Bundle(folder, form, record)
    _check_content(bundle, found[0])
    return bundle


def handed_in(record: Record) -> Record:
    """A record without what nobody else can make again: what was measured on its machine, and metrics of plugins."""
    metrics = record.metrics
    second = metrics.second_grid
    known = {
        **_declared(metrics),
        "best_on_test": None,
        "failed": {},
        "second_grid": None if second is None else second.model_copy(update={**_declared(second), "failed": {}}),
    }
    changes = {
        "metrics": metrics.model_copy(update=known),
        "probes": {name: values for name, values in record.probes.items() if name in STATED},
        "weights": record.weights and record.weights.model_copy(update={"file": None}),
        "predictions": record.predictions and record.predictions.model_copy(update={"folder": "maps"}),
    }
    return record.model_copy(update=changes)


def _declared(grid: object) -> dict[str, dict[str, object]]:
    """The values and intervals of a grid's metrics that come with istdbench."""
    return {
        field: {name: value for name, value in getattr(grid, field).items() if name in DECLARED}
        for field in ("values", "intervals")
    }


def _files(folder: Path) -> Iterator[Path]:
    """Every file of a bundle.

    Raises:
        DataError: it is no plain folder of a good name, or holds a link, a large file or what is no file.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; a bundle is a plain folder, no archive: unpack it")
    if not NAME.fullmatch(folder.name):
        raise DataError(
            f"{folder}: a bundle's folder is named by lower-case letters, digits, '_' and '-', 80 at most; rename it"
        )
    for path in (folder, *_below(folder)):
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            raise DataError(f"{path}: a link, which may lead anywhere; put the file itself in its place")
        if stat.S_ISDIR(about.st_mode):
            continue
        if not stat.S_ISREG(about.st_mode):
            raise DataError(f"{path}: no plain file; delete it")
        if about.st_size > LARGEST:
            raise DataError(
                f"{path}: {about.st_size:,} bytes, and a bundle's files have at most {LARGEST:,}; publish weights and "
                "maps elsewhere, and give their address"
            )
        yield path


def _below(folder: Path) -> Iterable[Path]:
    """Every file and folder; links are not followed."""
    for place, folders, names in os.walk(folder):
        yield from (Path(place, name) for name in sorted((*folders, *names)))


def _form(path: Path) -> Form:
    try:
        told = json.loads(read_file(path))
        schema = told.get("schema_version") if isinstance(told, dict) else None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); write it with `istdbench submit`") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: no JSON ({error}); write it with `istdbench submit`") from error
    if schema != SCHEMA:
        raise DataError(
            f"{path}: schema_version is {schema!r:.20}, and this istdbench reads {SCHEMA}; write the bundle again with "
            "`istdbench submit` of this version"
        )
    try:
        return Form.model_validate(told)
    except ValidationError as error:
        raise DataError(f"{path}: {first_fault(error)}; mend it, or write it with `istdbench submit`") from error


def _check_content(bundle: Bundle, path: Path) -> None:
    """Refuse what `istdbench submit` would not have written.

    Raises:
        DataError: the record has what cannot be made again, or form and record do not go together.
    """
    record, form = bundle.record, bundle.folder / FORM
    if record.submission is not None:
        raise DataError(f"{path}: it says itself that it was handed in; take 'submission' out of it")
    if handed_in(record) != record:
        raise DataError(
            f"{path}: it holds what others cannot make again (probes of your machine, metrics of plugins, the best "
            "threshold on test, a path of your disk); `istdbench submit` leaves it out"
        )
    of_release = record.weights is not None and record.weights.source == "released"
    needs = record.predictions is not None or (record.weights is not None and not of_release)
    if needs and bundle.form.url is None:
        raise DataError(f"{form}: url is missing, so that nobody can get what the number comes from; add it")
    if not needs and bundle.form.url is not None:
        raise DataError(f"{form}: url is of nothing, since the record names no weights or maps of its own; remove it")
    if record.predictions is not None and bundle.form.plugin is not None:
        raise DataError(f"{form}: score maps need no plugin; remove it")


def bundles(folder: Path) -> tuple[list[Bundle], list[str]]:
    """Every sound bundle of a folder of them, by name, and what is wrong with each of the others."""
    found, problems = [], []
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not each.is_dir():
            continue  # a text that says what the folder is
        try:
            found.append(read_bundle(each))
        except IstdbenchError as error:
            problems.append(str(error))
    return found, problems
