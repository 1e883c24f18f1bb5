"""Every check of the suite: one function each, whose name is the promise and whose docstring explains it.

A check takes a `Subject` and raises `ConformanceError` where the method breaks the promise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from istdbench.conformance.checks import costs, description, networks, scores, side_effects
from istdbench.conformance.subject import NetworkSubject, Subject


@dataclass(frozen=True)
class Check:
    """One promise.

    Attributes:
        run: does the check.
        of: the class of the methods that make the promise.
    """

    run: Callable[[Any], None]
    of: type = Subject

    @property
    def name(self) -> str:
        """The promise as a name: `scores_have_the_size_of_the_image`."""
        return self.run.__name__


CHECKS = (
    Check(scores.an_image_always_gets_the_same_scores),  # first, before the method can remember an image
    Check(description.the_description_is_complete),
    Check(description.the_recipe_is_one_of_a_training, of=NetworkSubject),
    Check(description.every_option_is_described),
    Check(description.unknown_options_are_refused),
    Check(description.every_choice_works),
    Check(scores.scores_have_the_size_of_the_image),
    Check(scores.scores_lie_between_0_and_1),
    Check(scores.the_image_is_left_as_it_was),
    Check(networks.images_of_a_batch_do_not_mix, of=NetworkSubject),
    Check(networks.the_seed_decides_the_initial_weights, of=NetworkSubject),
    Check(networks.every_parameter_gets_a_gradient, of=NetworkSubject),
    Check(networks.a_few_steps_of_training_lower_the_loss, of=NetworkSubject),
    Check(networks.the_set_of_weights_is_fixed, of=NetworkSubject),
    Check(networks.saved_weights_give_the_same_network, of=NetworkSubject),
    Check(costs.probes_can_measure_it),
    Check(side_effects.no_global_state_is_changed),
    Check(side_effects.no_file_is_written),
)
