"""Classical methods that break one promise each: (method, the check that must fail, what its sentence must say)."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from istdbench.methods.method import Classical, Option
from istdbench.methods.thresholds import adaptive


def contrast(image):
    """A method that breaks nothing: brightness above the mean of the surroundings."""
    return np.maximum(image - cv2.blur(image, (9, 9)), 0)


def method(response=contrast, **changes):
    given = {"summary": "for a test", "paper": "none", "threshold": adaptive(k=0.7), **changes}
    return Classical(name="broken", response=response, **given)


def even_sizes_only(image):
    height, width = image.shape
    return contrast(image)[: height // 2 * 2, : width // 2 * 2]


def signed(image):
    return image - cv2.blur(image, (9, 9))


def divided_by_the_contrast(image):
    with np.errstate(invalid="ignore"):
        return contrast(image) / contrast(image).max()


def fails_on_a_dark_image(image):
    if not image.any():
        raise ValueError("cannot normalise")
    return contrast(image)


def noisy(image):
    return contrast(image) + np.random.default_rng().uniform(0, 1e-3, image.shape)


class Remembers:
    """Divides by the largest response so far."""

    largest = 0.0

    def __call__(self, image):
        self.largest = max(self.largest, float(image.max()))
        return contrast(image) * np.float32(self.largest)


def in_place(image):
    image -= image.min()
    return contrast(image)


def sets_the_default_dtype(image):
    torch.set_default_dtype(torch.float64)
    return contrast(image)


def draws_from_the_global_generator(image):
    np.random.random()
    return contrast(image)


def writes_a_file(image):
    np.save("debug.npy", image)
    return contrast(image)


def writes_to_the_home_folder(image):
    Path("~/.broken").expanduser().write_text("seen")
    return contrast(image)


def first_frame_alone(frames):
    return contrast(frames)[..., 0]


def takes_anything(image, **options):
    return contrast(image)


def takes_a_size(image, size=9):
    return contrast(image)


def knows_one_mode(image, mode="mean"):
    return {"mean": contrast}[mode](image)


class TakesEveryOption(Classical):
    """Hands on what it does not know."""

    def resolve(self, given):
        return {**{key: option.default for key, option in self.options.items()}, **given}


BROKEN = {
    "even sizes only": (
        method(even_sizes_only),
        "scores_have_the_size_of_the_image",
        "an image of 65 x 33 gave a response of 64 x 32, not 65 x 33; pad the image before filtering, and cut the "
        "response back",
    ),
    "axes of frames": (
        method(first_frame_alone, frames=3),
        "scores_have_the_size_of_the_image",
        "an image of 64 x 64 gave a response of 3 x 64, not 64 x 64",
    ),
    "negative": (
        method(signed),
        "scores_lie_between_0_and_1",
        "which makes a score below 0, outside [0, 1]; a response is never negative: return np.maximum(response, 0)",
    ),
    "divides by 0": (
        method(divided_by_the_contrast),
        "scores_lie_between_0_and_1",
        "the response to an image that is all 0 holds 4096 of 4096 values that are NaN or infinite; look for 0/0",
    ),
    "raises": (
        method(fails_on_a_dark_image),
        "scores_lie_between_0_and_1",
        f"response(), given an image of 64 x 64, raised ValueError: cannot normalise ({__file__}:",
    ),
    "noisy": (
        method(noisy),
        "an_image_always_gets_the_same_scores",
        "two runs on one image differ (in 4096 of 4096 pixels, by up to 0.00",
    ),
    "remembers": (
        method(Remembers()),
        "an_image_always_gets_the_same_scores",
        "an image scores differently after others were seen",
    ),
    "in place": (
        method(in_place),
        "the_image_is_left_as_it_was",
        "the image that the method was given holds other values afterwards; work on a copy",
    ),
    "default dtype": (
        method(sets_the_default_dtype),
        "no_global_state_is_changed",
        "detecting changed torch's default dtype (torch.float32 became torch.float64); give dtype= to each tensor",
    ),
    "global generator": (
        method(draws_from_the_global_generator),
        "no_global_state_is_changed",
        "detecting changed NumPy's random state; use a generator of your own",
    ),
    "file": (
        method(writes_a_file),
        "no_file_is_written",
        "detecting wrote working/debug.npy; a method returns scores and writes nothing: let the caller save",
    ),
    "file at home": (method(writes_to_the_home_folder), "no_file_is_written", "detecting wrote home/.broken; "),
    "takes anything": (
        method(takes_anything),
        "unknown_options_are_refused",
        "takes_anything(image, **options) takes no_such_option=1 without a word, so that a misspelt option is lost; "
        "name its parameters in place of **",
    ),
    "every option": (
        TakesEveryOption(**vars(method())),
        "unknown_options_are_refused",
        "no_such_option=1 is taken without a word; leave Method.resolve as istdbench has it",
    ),
    "other default": (
        method(takes_a_size, options={"size": Option(7, "side of the square, pixels")}),
        "every_option_is_described",
        "option 'size' is 7 by default, but 9 in takes_a_size(image, size); make them the same",
    ),
    "no help": (
        method(takes_a_size, options={"size": Option(9, "")}),
        "every_option_is_described",
        "option 'size' has no help; say what it does, and its unit",
    ),
    "broken choice": (
        method(knows_one_mode, options={"mode": Option("mean", "of the surroundings", ("mean", "median"))}),
        "every_choice_works",
        "with mode=median: response(), given an image of 32 x 32, raised KeyError: 'median'",
    ),
    "no paper": (method(paper=""), "the_description_is_complete", "paper is ''; give one line"),
    "unnamed rule": (
        method(threshold=lambda response: 1.0),
        "the_description_is_complete",
        "the threshold rule has no name, and records name it",
    ),
    "no name": (replace(method(), name="a b"), "the_description_is_complete", "the name 'a b' is no name; "),
}
