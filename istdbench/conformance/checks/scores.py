"""Checks of what every method returns: size, range, and that it depends on the image and nothing else."""

from __future__ import annotations

import numpy as np
import torch
from accelerate.utils import set_seed
from torch import nn

from istdbench.conformance.sentences import ConformanceError, doing
from istdbench.conformance.subject import BACKGROUND, ClassicalSubject, NetworkSubject, Subject
from istdbench.methods.answers import shape_text
from istdbench.methods.thresholds import score_map

SIZES = ((64, 64), (65, 33), (50, 90), (7, 130))


def scores_have_the_size_of_the_image(subject: Subject) -> None:
    """Odd, non-square and narrow images give a score for each of their pixels."""
    detect = subject.detector()
    leading: tuple[int, ...] = ()
    if isinstance(subject, NetworkSubject):
        answer, leading = "logits", (1, 1)
        fix = "pad the input to the multiple that the network needs, and cut the logits back"
    else:
        answer = "a response"
        fix = "pad the image before filtering, and cut the response back"
    for height, width in SIZES:
        shape, wanted = detect(subject.picture(height, width)).shape, (*leading, height, width)
        if shape != wanted:
            raise ConformanceError(
                f"an image of {height} x {width} gave {answer} of {shape_text(shape)}, not {shape_text(wanted)}; {fix}"
            )


def scores_lie_between_0_and_1(subject: Subject) -> None:
    """Scores of a common, a dark, a flat and a saturated image are numbers in [0, 1]; logits are logits."""
    detect = subject.detector()
    common = subject.picture(64, 64)
    images = {
        "with a target": common,
        "that is all 0": np.zeros_like(common),
        f"that is all {BACKGROUND:g}": np.full_like(common, BACKGROUND),
        "that is all 255": np.full_like(common, 255),
    }
    for kind, image in images.items():
        answer, where = detect(image), f"an image {kind}"
        if isinstance(subject, ClassicalSubject):
            _check_response(subject, answer, where)
        else:
            _check_logits(answer, where)
    if isinstance(subject, NetworkSubject):
        _check_not_probabilities(subject)


def _check_logits(logits: np.ndarray, where: str) -> None:
    if not np.issubdtype(logits.dtype, np.floating):
        raise ConformanceError(f"logits of {where} are {logits.dtype}; return float32")
    if not np.isfinite(logits).all():
        raise ConformanceError(f"logits of {where} hold {_bad(logits)}; look for 0/0, log(0) or an overflow")


def _check_response(subject: ClassicalSubject, response: np.ndarray, where: str) -> None:
    if not np.isfinite(response).all():
        raise ConformanceError(
            f"the response to {where} holds {_bad(response)}; look for 0/0, and never divide by what can be 0"
        )
    if response.min() < 0:
        raise ConformanceError(
            f"the response to {where} falls to {response.min():.3g}, which makes a score below 0, outside [0, 1]; "
            "a response is never negative: return np.maximum(response, 0)"
        )
    threshold = subject.threshold(response)
    if not np.isfinite(threshold):
        raise ConformanceError(f"the threshold of {where} is {threshold}; return a finite number")
    score = score_map(response, threshold)
    if not ((score >= 0) & (score <= 1)).all():
        raise ConformanceError(f"scores of {where} lie outside [0, 1]; return a real response, such as float32")


def _check_not_probabilities(subject: NetworkSubject) -> None:
    """Logits of strong inputs leave [0, 1]; what never does, and is not constant, went through a sigmoid.

    Batch norm is given the statistics of what it sees: with those that it is made with, the signal of a deep network
    shrinks until its logits hardly differ from the last bias.
    """
    found = []
    for seed in (0, 1):
        network = subject.build(seed)
        batch = 100 * subject.batch(subject.picture(64, 64, seed), subject.picture(64, 64, seed + 2))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
                module.momentum = None  # the mean over all batches, of which there is one
        with torch.no_grad():
            with doing("the network in training mode", "mend forward(); it must take a batch of 2 as well"):
                network.train()(batch)
            found.append(subject.logits(network.eval(), batch))
    low, high = (float(end) for end in torch.stack(found).aminmax())
    if 0 <= low < high <= 1:
        raise ConformanceError(
            f"all outputs lie in [0, 1] ({low:.3g} to {high:.3g}, for an input as large as "
            "±1000 as well), so the network seems to end in a sigmoid; return logits, istdbench takes the sigmoid"
        )


def an_image_always_gets_the_same_scores(subject: Subject) -> None:
    """The same bits whatever the random state is, and whatever image was seen before."""
    one = subject.picture(64, 64) / 2  # so that the others hold both darker and brighter pixels
    others = subject.picture(64, 64, seed=1), np.zeros_like(one), np.full_like(one, 255)
    detect = subject.detector()
    set_seed(0)
    first = detect(one)
    set_seed(1)
    again = detect(one)
    if not np.array_equal(first, again, equal_nan=True):
        fix = (
            "switch dropout and other noise off in eval(), where self.training is False"
            if isinstance(subject, NetworkSubject)
            else "draw from np.random.default_rng(0), made inside response()"
        )
        raise ConformanceError(f"two runs on one image differ {_difference(first, again)}; {fix}")
    for other in others:
        detect(other)
    after = detect(one)
    if not np.array_equal(first, after, equal_nan=True):
        raise ConformanceError(
            f"an image scores differently after others were seen {_difference(first, after)}; "
            "keep nothing from one image to the next"
        )


def the_image_is_left_as_it_was(subject: Subject) -> None:
    """The array or tensor that the method is given holds the same values afterwards."""
    image = subject.picture(64, 64)
    if isinstance(subject, NetworkSubject):
        network, batch = subject.build().eval(), subject.batch(image)
        with torch.no_grad():
            subject.logits(network, batch)
        same = torch.equal(batch, subject.batch(subject.picture(64, 64)))
    else:
        subject.detector()(image)
        same = np.array_equal(image, subject.picture(64, 64))
    if not same:
        raise ConformanceError(
            "the image that the method was given holds other values afterwards; "
            "work on a copy, and avoid operations in place (+=, relu_(), out=)"
        )


def _bad(values: np.ndarray) -> str:
    """ "12 of 4096 values that are NaN or infinite"."""
    return f"{np.count_nonzero(~np.isfinite(values))} of {values.size} values that are NaN or infinite"


def _difference(one: np.ndarray, other: np.ndarray) -> str:
    apart = np.abs(one.astype(float) - other.astype(float))
    return f"(in {np.count_nonzero(one != other)} of {one.size} pixels, by up to {np.nanmax(apart):.3g})"
