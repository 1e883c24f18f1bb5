"""From a record to the bundle that hands it in."""

from __future__ import annotations

import re
from pathlib import Path

from istdbench.errors import UsageError
from istdbench.files import atomic_write, read_file
from istdbench.results import RECORDS, Record, Store
from istdbench.submissions.bundle import FORM, NAME, Bundle, Form, Signer, handed_in, read_bundle
from istdbench.submissions.check_bundle import check_public
from istdbench.submissions.requirements import plugin_need


def new_bundle(
    store: Store,
    record: Record,
    signer: Signer,
    folder: Path,
    *,
    name: str | None = None,
    url: str | None = None,
    requirement: str | None = None,
) -> Bundle:
    """Write the bundle of a stored record into a folder of bundles.

    Args:
        folder: gets the bundle's own folder.
        name: of that folder; None makes one of method, data set and key.
        url: see `Form`.
        requirement: see `istdbench.submissions.requirements.plugin_need`.

    Raises:
        UsageError: the record cannot be handed in, the folder is there already, or an argument is missing or none.
        IstdbenchError: the record is damaged, or nothing could be written.
    """
    _check_record(record, url)
    store.check(record)
    plugin = plugin_need(record.method.spec.name, requirement) if record.predictions is None else None
    if record.predictions is not None and requirement is not None:
        raise UsageError(f"--plugin {requirement}: {record.method.name} is score maps, which need none; leave it out")
    target = folder / (name or _name_of(record))
    if not NAME.fullmatch(target.name):
        raise UsageError(f"--name {target.name}: use lower-case letters, digits, '_' and '-', 80 at most")
    if target.exists():
        raise UsageError(f"{target} is there already; delete it, or choose another --name")
    form = Form(signer=signer, plugin=plugin, url=url)
    assert record.per_image is not None, "a stored record has a table"
    place, file = Path(record.path), record.per_image.file
    atomic_write(target / RECORDS / place.with_name(file), read_file((store.root / place).with_name(file)))
    atomic_write(target / RECORDS / place, handed_in(record).to_json())
    atomic_write(target / FORM, form.to_json())
    return read_bundle(target)


def steps(bundle: Bundle, folder: Path) -> list[str]:
    """What is left to do, a line each.

    Args:
        folder: of the bundle, as it was typed.
    """
    record, form = bundle.record, bundle.form
    told = []
    if form.url is not None and record.weights is not None:
        told.append(f"put the weights, the very file of SHA-256 {record.weights.sha256}, at {form.url}")
    elif form.url is not None:
        told.append(f"put a zip archive of the score maps, unchanged and by the names that were scored, at {form.url}")
    if form.plugin is not None:
        told.append(f"see that others can install the plugin: pip install '{form.plugin.requirement}'")
    told.append(f"look at {folder / FORM}: name and contact will be public")
    told.append(f"check it as the workflow will: istdbench submission check {folder}")
    told.append(f"in a fork: git switch -c {bundle.name} && git add {folder} && git commit -m 'feat: {bundle.name}'")
    told.append("push, and open a pull request that changes nothing else")
    return [f"{number}. {step}" for number, step in enumerate(told, start=1)]


def _check_record(record: Record, url: str | None) -> None:
    """Refuse what cannot be handed in, before anything is written."""
    check_public(record)
    if record.submission is not None:
        raise UsageError(f"{record.path}: it was handed in already, as submissions/{record.submission.bundle}")
    if record.trained_on_test:
        raise UsageError(f"{record.path}: its weights were trained on the images that it scores; it is no result")
    source = record.weights.source if record.weights is not None else None
    if source == "zoo":
        raise UsageError(f"{record.path}: its weights come with istdbench, whose leaderboards have this number already")
    if source == "released" or (source is None and record.predictions is None):
        if url is not None:
            raise UsageError(f"--url {url}: the record names no weights or maps that it could be of; leave it out")
    elif url is None:
        what = "weights file" if source is not None else "zip archive of the score maps"
        raise UsageError(f"{record.path}: say with --url where the {what} can be fetched")
    elif not re.fullmatch(r"https?://\S{1,280}", url):
        raise UsageError(f"--url {url}: an address that begins with https:// is needed")


def _name_of(record: Record) -> str:
    """`blobness-synth-0123abcd`."""
    text = f"{record.method.spec.name}-{record.dataset.spec.name}".lower()
    return f"{re.sub('[^a-z0-9_]+', '-', text)[:60].strip('-_')}-{record.key[:8]}"
