"""A release that the package declares, fetched and as a weights file of ours."""

from __future__ import annotations

from pathlib import Path

from istdbench.datasets.download import fetch
from istdbench.datasets.sources import Manifest
from istdbench.files import atomic_write
from istdbench.importing.import_weights import taken_over
from istdbench.jobs.header import ReleaseFacts, WeightsHeader
from istdbench.jobs.named_weights import named_weights
from istdbench.jobs.weights import content_of
from istdbench.methods.method import as_learned
from istdbench.registry import METHODS
from istdbench.released.release import Release, folder
from istdbench.released.releases import is_meant, release_of
from istdbench.spec import Spec


def meant_weights(text: str, method: Spec, protocol: str | None, seed: int, dataset: str | None = None) -> Path:
    """The weights of a method that a person means: those of `istdbench.jobs.named_weights`, or released ones.

    Args:
        text: a file, a data set, `released` or `released:NAME`.
        protocol, seed: of a training, where a data set is named.
        dataset: name of the one that is scored; None where there is none.

    Raises:
        UsageError, WeightsError: as `named_weights`; or the release is not plain, not there or does not fit.
        DataError: the release cannot be fetched.
    """
    if not is_meant(text):
        return named_weights(text, method, protocol, seed)
    found = as_learned(METHODS.get(method.name), "it has no weights; leave --weights out")
    return released_weights(release_of(text, found.shortest(method), dataset))


def released_weights(release: Release) -> Path:
    """The weights file of a release: a pure function of the authors' file and of its declaration.

    The authors' file is fetched once, hashed and taken over each time: nothing is remembered that a later change could
    slip past. No code in it is run.

    Raises:
        DataError: it cannot be fetched.
        WeightsError: it does not fit the method.
    """
    method = as_learned(METHODS.get(release.spec.name), "it has no weights")
    options = method.resolve(release.spec.options)
    placed, facts, _ = taken_over(_fetch(release), method, options, release.key)
    header = WeightsHeader(
        method=method.name,
        options=options,
        input=release.input,
        threshold=release.threshold,
        imported=facts.model_copy(update={"released": release_facts(release)}),
    )
    path, content = release.weights_path, content_of(placed.state, header)
    if not path.is_file() or path.read_bytes() != content:
        atomic_write(path, content)
    return path


def release_facts(release: Release) -> ReleaseFacts:
    """What the header of a release's weights says of it."""
    return ReleaseFacts(
        name=release.name,
        repository=release.repository,
        commit=release.commit,
        file=release.file,
        trained_on=release.trained_on,
        chosen_on=release.chosen_on,
    )


def _fetch(release: Release) -> Path:
    manifest = Manifest({release.path: release.sha256}, release.sha256)
    fetch(str(release), manifest, release.size, folder=folder(), again="the same command again")
    return release.place
