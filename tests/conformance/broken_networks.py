"""Networks that break one promise each: (method, the check that must fail, what its sentence must say)."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from istdbench.methods.method import Learned


class Sound(nn.Module):
    """A network that breaks nothing."""

    def __init__(self):
        super().__init__()
        self.first, self.head = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 1, 1)

    def forward(self, image):
        return self.head(F.relu(self.first(image)))


def method(build, **changes):
    return Learned(name="broken", summary="for a test", paper="none", build=build, **changes)


class EvenSizesOnly(Sound):
    def forward(self, image):
        return F.interpolate(super().forward(F.avg_pool2d(image, 2)), scale_factor=2)


class FailsOnOddSizes(Sound):
    def forward(self, image):
        half = F.interpolate(F.avg_pool2d(image, 2), scale_factor=2)
        return super().forward(image + half)


class Probabilities(Sound):
    def forward(self, image):
        return super().forward(image).sigmoid()


class MixesTheBatch(Sound):
    def forward(self, image):
        return super().forward(image - image.mean())


class StaysInTraining(Sound):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.0)

    def train(self, mode=True):
        super().train(mode)
        self.drop.train()
        return self


class UnusedLayer(Sound):
    def __init__(self):
        super().__init__()
        self.spare = nn.Conv2d(4, 4, 3)


class EndlessGradient(Sound):
    def forward(self, image):
        features = F.relu(self.first(image))
        return self.head((features * 0).sqrt() + features)


class NothingToTrain(Sound):
    def __init__(self):
        super().__init__()
        self.requires_grad_(False)


class LearnsBackwards(Sound):
    def forward(self, image):
        logits = super().forward(image)
        return 2 * logits.detach() - logits


class GrowsInUse(Sound):
    def forward(self, image):
        self.register_buffer("seen", torch.zeros(1))
        return super().forward(image)


class HiddenWeight(Sound):
    def __init__(self):
        super().__init__()
        self.scale = torch.rand(1)

    def forward(self, image):
        return super().forward(image) * self.scale


class WeightsByChance(Sound):
    def __init__(self):
        super().__init__()
        with torch.no_grad():
            self.head.bias.fill_(np.random.default_rng().normal())


class CallsByKeyword(Sound):
    def forward(self, image):
        return self.head(F.relu(self.first(input=image)))


class Seeds(Sound):
    def __init__(self):
        torch.manual_seed(0)
        super().__init__()


class AsksForMoreThreads(Sound):
    def __init__(self):
        super().__init__()
        torch.set_num_threads(torch.get_num_threads() + 1)


class WritesWhenBuilt(Sound):
    def __init__(self):
        super().__init__()
        torch.save({}, "cache.pt")


BROKEN = {
    "even sizes only": (
        method(EvenSizesOnly),
        "scores_have_the_size_of_the_image",
        "an image of 65 x 33 gave logits of 1 x 1 x 64 x 32, not 1 x 1 x 65 x 33; pad the input to the multiple that "
        "the network needs, and cut the logits back",
    ),
    "fails on odd sizes": (
        method(FailsOnOddSizes),
        "scores_have_the_size_of_the_image",
        "the network, given a batch of 1 x 1 x 65 x 33, raised RuntimeError: The size of tensor a (33) must match",
    ),
    "probabilities": (
        method(Probabilities),
        "scores_lie_between_0_and_1",
        "so the network seems to end in a sigmoid; return logits, istdbench takes the sigmoid",
    ),
    "mixes the batch": (
        method(MixesTheBatch),
        "images_of_a_batch_do_not_mix",
        "image 0 of a batch of 3 gets logits that differ by up to",
    ),
    "stays in training": (
        method(StaysInTraining),
        "images_of_a_batch_do_not_mix",
        "after eval(), these layers are still in training mode: drop (Dropout); call super().train(mode)",
    ),
    "unused layer": (
        method(UnusedLayer),
        "every_parameter_gets_a_gradient",
        "2 of 6 parameters get no gradient: spare.weight, spare.bias; use them in forward(), undetached",
    ),
    "endless gradient": (
        method(EndlessGradient),
        "every_parameter_gets_a_gradient",
        "2 of 4 parameters get a gradient with NaN or infinity: first.weight, first.bias; look for sqrt",
    ),
    "nothing to train": (
        method(NothingToTrain),
        "every_parameter_gets_a_gradient",
        "no parameter asks for a gradient, so there is nothing to train",
    ),
    "learns backwards": (
        method(LearnsBackwards),
        "a_few_steps_of_training_lower_the_loss",
        "in the next steps of training on the same batch; small steps along the gradient must lower it",
    ),
    "no such training": (
        method(Sound, recipe={"epochs": 3, "optimiser": {"type": "Adam"}}),
        "the_recipe_is_one_of_a_training",
        "the recipe: optimiser: ",
    ),
    "grows in use": (
        method(GrowsInUse),
        "the_set_of_weights_is_fixed",
        "using the network added, removed or reshaped weights: seen; make all of them in build()",
    ),
    "hidden weight": (
        method(HiddenWeight),
        "saved_weights_give_the_same_network",
        "a network with the saved weights of another scores differently; hold every tensor that matters as "
        "nn.Parameter or with register_buffer(), persistent",
    ),
    "weights by chance": (
        method(WeightsByChance),
        "the_seed_decides_the_initial_weights",
        "two networks built after the same seed differ in head.bias; draw initial weights from torch's",
    ),
    "calls by keyword": (
        method(CallsByKeyword),
        "probes_can_measure_it",
        "the flops probe raised IndexError: tuple index out of range",
    ),
    "seeds": (
        method(Seeds),
        "no_global_state_is_changed",
        "building or training sets torch's random state to a fixed value, so that every seed gives the same run; "
        "remove the call that seeds (manual_seed, np.random.seed, random.seed), istdbench does it",
    ),
    "more threads": (
        method(AsksForMoreThreads),
        "no_global_state_is_changed",
        "building the network changed torch's threads (",
    ),
    "writes when built": (
        method(WritesWhenBuilt),
        "no_file_is_written",
        "building the network wrote working/cache.pt; ",
    ),
    "no module": (
        method(lambda: torch.tanh),
        "scores_have_the_size_of_the_image",
        "build() returned a builtin_function_or_method; return a torch.nn.Module",
    ),
}
