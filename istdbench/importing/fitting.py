"""Foreign tensors in one of our networks: which go where, and what stays over on either side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import NamedTuple

import torch
from torch import Tensor, nn

from istdbench.errors import WeightsError
from istdbench.methods.method import Learned
from istdbench.spec import Scalar, Spec

COUNTED = r"(^|\.)(num_batches_tracked|total_ops|total_params|n_averaged)$"
"""What batch norm, thop and averaged models count, which no prediction depends on."""

SIDE = 64
"""Side in pixels of the image that shows which tensors a prediction depends on."""

TRIED = 64
"""Combinations of a method's options that are tried for one that fits."""

SHOWN = 5


@dataclass(frozen=True)
class Fit:
    """How foreign tensors and a network fit each other.

    Attributes:
        options: of the method, which its network must have where these names mean what they mean in the file.
        state: what the network's `load_state_dict` takes, where all fits.
        unread: names in the file that are left out, since no prediction depends on them.
        untold: names in the network that the file lacks and no prediction depends on; they stay as in an untrained one.
        widened: names in the network of convolutions that see one gray channel in the file, and it repeated here.
        missing, left_over, misshapen: what does not fit.
    """

    options: Mapping[str, Scalar]
    state: Mapping[str, Tensor]
    unread: tuple[str, ...]
    untold: tuple[str, ...]
    widened: tuple[str, ...]
    missing: tuple[str, ...]
    left_over: tuple[str, ...]
    misshapen: tuple[str, ...]

    @property
    def wrong(self) -> int:
        """How many tensors do not fit."""
        return len(self.missing) + len(self.left_over) + len(self.misshapen)


def fit(method: Learned, options: Mapping[str, Scalar], tensors: Mapping[str, Tensor]) -> Fit:
    """Foreign tensors in the network of a method: by its names or its authors', with or without a common prefix.

    Raises:
        WeightsError: they do not fit; it says what is missing, left over and misshapen, and which options would do.
    """
    found = _fit(method, options, tensors)
    if not found.wrong and _has(method, options, found.options):
        return found
    if not found.wrong:
        other = method.shortest(Spec(method.name, options={**options, **found.options}))
        raise WeightsError(
            f"its names are those of the released network, which is {other}: another form takes the same tensors and "
            "computes something else. Give that as --method"
        )
    told = {"missing": found.missing, "left over": found.left_over, "of another shape or kind": found.misshapen}
    kinds = "; ".join(f"{len(names)} {kind} ({first_few(names)})" for kind, names in told.items() if names)
    raise WeightsError(
        f"its {len(tensors)} tensors do not fit {method.shortest(Spec(method.name, options=options))}, which has "
        f"{len(found.state)}: {kinds}. {_advice(method, options, tensors)}"
    )


def first_few(names: Sequence[str]) -> str:
    """Some of the names, and whether there are more."""
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def _fit(method: Learned, options: Mapping[str, Scalar], tensors: Mapping[str, Tensor]) -> Fit:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = method.build(**options).eval()
    wanted = network.state_dict()
    best = min(
        (_placed(wanted, each, method.in_channels) for each in _namings(method, tensors)), key=lambda each: each.wrong
    )
    if not best.missing or best.left_over or best.misshapen:
        return best
    idle = _idle(network, method.channels)
    return replace(
        best,
        untold=tuple(name for name in best.missing if name in idle),
        missing=tuple(name for name in best.missing if name not in idle),
    )


def _has(method: Learned, options: Mapping[str, Scalar], wanted: Mapping[str, Scalar]) -> bool:
    """Whether a method with these options has the wanted ones."""
    return all(options.get(key, method.options[key].default) == value for key, value in wanted.items())


class _Naming(NamedTuple):
    """Foreign tensors under names that our network may have, and their names in the file; otherwise as `Fit`."""

    tensors: Mapping[str, Tensor]
    unread: tuple[str, ...] = ()
    options: Mapping[str, Scalar] = {}
    in_file: Mapping[str, str] = {}


def _namings(method: Learned, tensors: Mapping[str, Tensor]) -> Iterator[_Naming]:
    released, current = method.from_released, dict(tensors)
    while True:
        yield _Naming(current)
        if released is not None:
            in_file = {released.name(name): name for name in current}
            yield _Naming(released(current), tuple(filter(released.leaves, current)), released.options, in_file)
        counted = {name: current[name] for name in current if "." not in name and re.search(COUNTED, name)}
        within = {name: tensor for name, tensor in current.items() if name not in counted}
        if len({name.partition(".")[0] for name in within}) != 1 or not all("." in name for name in within):
            return
        current = {name.partition(".")[2]: tensor for name, tensor in within.items()} | counted


def _placed(wanted: Mapping[str, Tensor], naming: _Naming, channels: int) -> Fit:
    """Foreign tensors in the places of the wanted ones."""
    given, state = naming.tensors, dict(wanted)
    widened, misshapen = [], []
    for name in sorted(wanted.keys() & given.keys()):
        tensor, place = given[name], wanted[name]
        if channels > 1 and tensor.shape[1:2] == (1,) and place.shape == (len(tensor), channels, *tensor.shape[2:]):
            # a gray image that stands in all channels is seen in the first one alone
            tensor = torch.cat([tensor, tensor.new_zeros(place[:, 1:].shape)], dim=1)
            widened.append(name)
        if tensor.shape != place.shape:
            misshapen.append(f"{name}: {tuple(tensor.shape)} in the place of {tuple(place.shape)}")
        elif not _same_kind(tensor, place):
            misshapen.append(f"{name}: {_kind(tensor)} in the place of {_kind(place)}")
            continue
        state[name] = tensor.to(place.dtype)
    left_over = [name for name in given if name not in wanted]
    counted = tuple(name for name in left_over if re.search(COUNTED, name))
    return Fit(
        options=naming.options,
        state=state,
        unread=(*naming.unread, *counted),
        untold=(),
        widened=tuple(widened),
        missing=tuple(name for name in wanted if name not in given),
        left_over=tuple(naming.in_file.get(name, name) for name in left_over if name not in counted),
        misshapen=tuple(misshapen),
    )


def _same_kind(tensor: Tensor, place: Tensor) -> bool:
    """Whether numbers may take the place of others; whole ones in that of weights are quantised, and need scales."""
    return tensor.layout == place.layout and (tensor.is_floating_point() or not place.is_floating_point())


def _kind(tensor: Tensor) -> str:
    sparse = "" if tensor.layout == torch.strided else "sparse "
    return f"{sparse}{str(tensor.dtype).removeprefix('torch.')}"


def _idle(network: nn.Module, channels: int) -> set[str]:
    """Names of the tensors that no prediction of a network depends on, such as heads that only training looks at."""
    image = torch.linspace(-1, 1, SIDE * SIDE).reshape(1, 1, SIDE, SIDE).expand(-1, channels, -1, -1)
    parameters = dict(network.named_parameters())
    trained = {name: parameter for name, parameter in parameters.items() if parameter.requires_grad}
    with torch.enable_grad():
        slopes = torch.autograd.grad(network(image).sum(), list(trained.values()), allow_unused=True)
    read = {name for name, slope in zip(trained, slopes, strict=True) if slope is not None}
    read |= parameters.keys() - trained.keys()  # what no gradient reaches may be read all the same
    read_modules = {name.rpartition(".")[0] for name in read}
    return {
        name
        for name in network.state_dict()
        if re.search(COUNTED, name) or (name not in read and name.rpartition(".")[0] not in read_modules)
    }


def _advice(method: Learned, options: Mapping[str, Scalar], tensors: Mapping[str, Tensor]) -> str:
    """Which options fit, else which there are."""
    choices = {
        key: _current_first(options.get(key, option.default), option.choices)
        for key, option in method.options.items()
        if option.choices
    }
    for values in islice(product(*choices.values()), TRIED):
        other = {**options, **dict(zip(choices, values, strict=True))}
        found = _fit(method, other, tensors)
        if not found.wrong and _has(method, other, found.options):
            return f"They fit {method.shortest(Spec(method.name, options=other))}: give that as --method"
    if choices:
        listed = ", ".join(f"{key}={'|'.join(map(str, values))}" for key, values in choices.items())
        return f"No choice of its options ({listed}) fits: the file is of another network, or of another form of it"
    return "The file is of another network, or of another form of it"


def _current_first(current: Scalar, choices: Sequence[Scalar]) -> list[Scalar]:
    return [current, *(value for value in choices if value != current)]
