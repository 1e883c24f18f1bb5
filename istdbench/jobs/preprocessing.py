"""What the network of a weights file sees, and the threshold of its scores, from the file alone."""

from __future__ import annotations

from pathlib import Path

from istdbench.errors import UsageError, WeightsError
from istdbench.jobs.header import TrainingFacts, WeightsHeader
from istdbench.methods.method import Learned
from istdbench.protocols.protocol import Protocol, load_protocol
from istdbench.registry import METHODS
from istdbench.results import NetworkInput


def preprocessing(header: WeightsHeader, path: Path, *known: Protocol) -> tuple[NetworkInput, float]:
    """The input of the network and the threshold: as the header says or, before headers said it, as the protocol that
    it names has them, where that still is what the weights were trained by.

    Args:
        path: of the weights, for the message.
        known: protocols that may be the one, though it is found by no name.

    Raises:
        WeightsError: the header does not say, and its protocol is not here, or is another by now.
    """
    if header.input is not None and header.threshold is not None:
        return header.input, header.threshold
    facts = header.training
    assert facts is not None, "a header without an input has a training"
    method = METHODS.get(header.method)
    assert isinstance(method, Learned), f"{header.method} has weights"
    for rules in (*known, named_protocol(facts, method)):
        if rules is not None and rules.training_hash == facts.training_hash:
            return input_by(rules, facts, method), rules.scoring.threshold
    raise WeightsError(
        f"weights {path} do not say what their network sees, and protocol {facts.protocol!r}, by which they were "
        "trained, is not here as it was then; name its file with --protocol, or train them again"
    )


def input_by(rules: Protocol, facts: TrainingFacts, method: Learned) -> NetworkInput:
    """The input that a protocol gives a network whose header has the mean and sd of its training images."""
    assert facts.mean is not None and facts.sd is not None, "a header without an input has a mean and an sd"
    size = rules.input
    return NetworkInput(resize=size.resize, pad=size.pad, mean=facts.mean, sd=facts.sd, channels=method.in_channels)


def named_protocol(facts: TrainingFacts, method: Learned, name: str | None = None) -> Protocol | None:
    """A protocol as it would train a method on the data that weights were trained on; None where there is no such one.

    Args:
        name: of the protocol, or its file; None takes the one that the weights name.
    """
    try:
        return load_protocol(name or facts.protocol, facts.dataset).for_method(method.name, method.recipe)
    except UsageError:
        return None
