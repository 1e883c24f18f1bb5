"""Every check of the suite: one function each, whose name is the promise and whose docstring explains it.

A check takes a `Subject` and raises `ConformanceError` where the method breaks the promise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from istdbench.conformance.checks import costs, description, networks, scores, side_effects
from istdbench.conformance.subject import Subject


@dataclass(frozen=True)
class Check:
    """One promise, and whether it is one of networks alone."""

    run: Callable[[Subject], None]
    learned_only: bool = False

    @property
    def name(self) -> str:
        """The promise as a name: `scores_have_the_size_of_the_image`."""
        return self.run.__name__


CHECKS = (
    Check(scores.an_image_always_gets_the_same_scores),  # first, before the method can remember an image
    Check(description.the_description_is_complete),
    Check(description.every_option_is_described),
    Check(description.unknown_options_are_refused),
    Check(description.every_choice_works),
    Check(scores.scores_have_the_size_of_the_image),
    Check(scores.scores_lie_between_0_and_1),
    Check(scores.the_image_is_left_as_it_was),
    Check(networks.images_of_a_batch_do_not_mix, learned_only=True),
    Check(networks.the_seed_decides_the_initial_weights, learned_only=True),
    Check(networks.every_parameter_gets_a_gradient, learned_only=True),
    Check(networks.the_set_of_weights_is_fixed, learned_only=True),
    Check(networks.saved_weights_give_the_same_network, learned_only=True),
    Check(costs.probes_can_measure_it),
    Check(side_effects.no_global_state_is_changed),
    Check(side_effects.no_file_is_written),
)
