"""From a stranger's file to one of ours, which says where it comes from and what its network sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from istdbench.errors import UsageError, WeightsError
from istdbench.files import sha256_file
from istdbench.importing.contents import read_contents
from istdbench.importing.fitting import Fit, first_few, fit
from istdbench.importing.network_input import parse_input
from istdbench.jobs.header import ImportFacts, WeightsHeader
from istdbench.jobs.weights import has_header, save_weights
from istdbench.methods.method import Learned, as_learned
from istdbench.registry import METHODS
from istdbench.results import NetworkInput
from istdbench.spec import Scalar, Spec


@dataclass(frozen=True)
class Imported:
    """What was done.

    Attributes:
        facts, seen: as they stand in the new file's header.
        tensors: how many were taken from the file.
        others: what else it holds, as text.
    """

    facts: ImportFacts
    seen: NetworkInput
    tensors: int
    others: tuple[str, ...]


def import_weights(
    path: Path, method: Spec, seen: str | None, out: Path, *, key: str | None = None, threshold: float = 0.5
) -> Imported:
    """Write the tensors of a file that others wrote as weights of one of our methods.

    Args:
        path: as `istdbench.importing.contents.read_contents` takes it; no code in it is run.
        method: with the options that the weights are for.
        seen: what the network saw, as `istdbench.importing.network_input.parse_input` takes it.
        out: the new file.
        key: which of several sets of tensors; None takes the only one.
        threshold: a target is where the score is greater than this.

    Raises:
        UsageError: the method is unknown or classical, or `seen` leaves something open.
        WeightsError: the file is not readable, or does not fit; it says what is missing, left over and misshapen.
    """
    found = as_learned(METHODS.get(method.name), "it has no weights")
    options = found.resolve(method.options)
    if not 0 <= threshold < 1:
        raise UsageError(f"--threshold {threshold:g}: scores are in 0..1; a target is where the score is greater")
    if out.suffix != ".safetensors":
        raise UsageError(f"--out {out}: weights are safetensors files; name one that ends in .safetensors")
    network_input = parse_input(seen, found.in_channels)
    _check_strangers(path, out)
    placed, facts, others = taken_over(path, found, options, key)
    if placed.widened and isinstance(network_input.mean, tuple):
        raise UsageError(f"--input {seen!r}: the network in {path} sees one gray channel; give one mean and one sd")
    facts = facts.model_copy(update={"versions": {name: version(name) for name in ("istdbench", "torch")}})
    header = WeightsHeader(method=found.name, options=options, input=network_input, threshold=threshold, imported=facts)
    save_weights(out, placed.state, header)
    return Imported(facts, network_input, len(placed.state) - len(placed.untold), others)


def taken_over(
    path: Path, method: Learned, options: Mapping[str, Scalar], key: str | None = None
) -> tuple[Fit, ImportFacts, tuple[str, ...]]:
    """The tensors of a file in the network of a method, what became of them, and what else the file holds.

    Args:
        path, key: as of `import_weights`.
        options: every option of the method.

    Raises:
        WeightsError: as `import_weights`.
    """
    contents = read_contents(path)
    chosen, tensors = contents.chosen(key)
    try:
        placed = fit(method, options, tensors)
    except WeightsError as error:
        raise WeightsError(f"weights {path}: {error}") from error
    if broken := [name for name, tensor in placed.state.items() if not tensor.isfinite().all()]:
        raise WeightsError(f"weights {path}: {first_few(broken)}: numbers that are not finite; the training diverged")
    facts = ImportFacts(
        file=path.name,
        sha256=sha256_file(path),
        versions={},
        key=chosen,
        unread=placed.unread,
        untold=placed.untold,
        widened=placed.widened,
    )
    return placed, facts, contents.others


def _check_strangers(path: Path, out: Path) -> None:
    """That a file is not ours, whose header says more than an import would, and is not written over.

    Raises:
        UsageError: it is ours, or `out` is the same file.
    """
    if has_header(path):
        raise UsageError(
            f"weights {path} were written by istdbench, and say themselves what they are: give the file to --weights "
            f"as it is (istdbench weights show {path}). An import would forget what they were trained on; one that was "
            "imported with another --input is imported anew from the file that it came from"
        )
    if out.exists() and out.samefile(path):
        raise UsageError(f"--out {out}: this is the file that is imported; name a new one")
