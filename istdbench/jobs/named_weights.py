"""Weights that a person names, and by which protocol they may be scored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from istdbench.errors import UsageError, WeightsError
from istdbench.jobs.job import Job, make_job
from istdbench.jobs.preprocessing import named_protocol
from istdbench.jobs.weights import find_weights, read_header, shipped_for
from istdbench.methods.method import Learned, as_learned
from istdbench.protocols.changes import with_changes
from istdbench.registry import DATASETS, METHODS, joined
from istdbench.released.releases import released_for
from istdbench.spec import Spec, parse_spec


def named_weights(text: str, method: Spec, protocol: str | None, seed: int) -> Path:
    """The weights of a method that are meant: a file, or those that were trained on a data set of that name.

    Args:
        protocol: of the run; of a data set's weights those that it trained are taken, where there are such.

    Raises:
        UsageError: an unknown method or option, or the method is classical.
        WeightsError: there is neither such a file nor such weights.
    """
    found = _learned(method)
    path = Path(text)
    if path.is_file():
        return path
    shipped = ", ".join((*shipped_for(method), *released_for(found.shortest(method)))) or "none"
    if not set(joined(text.partition(":")[0])) <= set(DATASETS.names()):
        raise WeightsError(f"weights {text}: no such file; what there is of {method}: {shipped}")
    for rules in dict.fromkeys((protocol, None)):
        with suppress(WeightsError):
            return find_weights(make_job(method, parse_spec(text), rules, seed)).path
    raise WeightsError(f"no weights of {method}, seed {seed}, trained on {text}; what there is: {shipped}")


def job_with(
    weights: Path,
    method: Spec,
    dataset: Spec,
    protocol: str | None,
    seed: int,
    changes: Mapping[str, object] = MappingProxyType({}),
    *,
    of_another_protocol: bool = False,
) -> Job:
    """The job that scores these weights on a data set.

    Args:
        protocol: by name or file; None takes the one that the weights were trained by, and of weights that were
            trained elsewhere the data set's default.
        changes: fields of the protocol that are set.
        of_another_protocol: the weights may come from another protocol than this one.

    Raises:
        UsageError: as `make_job`, the method is classical, or the weights come from another protocol.
        WeightsError: as `read_header`, or the protocol that the weights name is not here as it was then.
    """
    found, facts = _learned(method), read_header(weights).training
    if facts is not None and protocol is None and named_protocol(facts, found) is None:
        raise WeightsError(
            f"weights {weights} were trained by protocol {facts.protocol!r}, which does not come with the package; "
            "name its file with --protocol"
        )
    rules = protocol or (facts.protocol if facts is not None else None)
    job = make_job(method, dataset, rules, seed, changes)
    if facts is None or of_another_protocol:
        return job
    # a protocol may train each data set in its own way: what counts is how it trains the one of the weights
    here = named_protocol(facts, found, with_changes(rules or facts.protocol, changes))
    if here is not None and here.training_hash == facts.training_hash:
        return job
    if job.protocol.name == facts.protocol or (protocol is None and not changes):
        raise WeightsError(
            f"weights {weights} were trained by protocol {facts.protocol!r} as it was then, and here it is "
            "another; name the file that it was with --protocol, or add --weights-of-another-protocol to --protocol"
        )
    raise UsageError(
        f"weights {weights} were trained by protocol {facts.protocol!r}, not by {job.protocol.name!r}; leave "
        "--protocol and --set out to score them by their own, or add --weights-of-another-protocol, which marks their "
        "row"
    )


def _learned(method: Spec) -> Learned:
    return as_learned(METHODS.get(method.name), "it has no weights; leave --weights out")
