"""Adversarial training: the losses as written out, whose turn it is, and a training from end to end."""

from dataclasses import replace

import pytest
import torch
from tiny_training import ADVERSARIAL, GENERATING, RECIPE, Spots, TinyDiscriminator, TwoGenerators, tiny_job

from istdbench.errors import UsageError
from istdbench.jobs.weights import load_weights
from istdbench.methods.convolutional.networks import network
from istdbench.protocols.fields import Adversarial, Training
from istdbench.registry import METHODS
from istdbench.training import checkpoint
from istdbench.training import step as step_module
from istdbench.training.adversarial import adversarial_losses
from istdbench.training.logs import training_folder
from istdbench.training.train import train

RULES = ADVERSARIAL["adversarial"]
IMAGES = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
MASKS = (IMAGES > 1.5).float()


@pytest.fixture
def players():
    torch.manual_seed(0)
    return TwoGenerators(), TinyDiscriminator()


def judged(network, discriminator):
    """Maps, class scores and features of mask, first and second map, with the modules in the modes that they are in."""
    maps = [generator(IMAGES) for generator in network.generators]
    scores, features = discriminator(torch.cat([IMAGES] * 3), torch.cat([MASKS, *maps]))
    return maps, scores.reshape(3, 2, 3), features.reshape(3, 2, 4, 8, 8)


def class_error(scores, kind):
    """Cross-entropy of sigmoids, one score after the other."""
    chances = scores.sigmoid()
    terms = [
        -(chance[at] if at == kind else 1 - chance[at]).log() for chance in chances for at in range(chances.shape[1])
    ]
    return torch.stack(terms).mean()


def test_each_loss_is_as_written_out_of_the_weights_that_the_turn_before_left(players):
    network, discriminator = players
    turns = adversarial_losses(Adversarial(**RULES), network, discriminator, IMAGES, MASKS)
    found = next(turns)
    _, scores, _ = judged(network, discriminator)
    torch.testing.assert_close(found, sum(class_error(scores[kind], kind) for kind in range(3)))
    for index in (0, 1):
        with torch.no_grad():
            discriminator.classes.bias += torch.tensor([1.0, -2.0, 0.5])
        found = next(turns)
        maps, scores, features = judged(network, discriminator)
        missed = ((1 - maps[index][MASKS.bool()]) ** 2).sum()
        raised = (maps[index][~MASKS.bool()] ** 2).sum()
        torch.testing.assert_close(
            found,
            RULES["miss"][index] * missed / MASKS.numel()
            + RULES["false_alarm"][index] * raised / MASKS.numel()
            + RULES["deception"] * class_error(scores[index + 1], 0)
            + RULES["consistency"] * (features[1] - features[2]).square().mean(),
        )
    assert next(turns, None) is None


def test_each_turn_trains_one_module_and_leaves_the_others_in_evaluation(players):
    network, discriminator = players
    modules = [discriminator, *network.generators]
    turns = adversarial_losses(Adversarial(**RULES), network, discriminator, IMAGES, MASKS)
    for turn, loss in enumerate(turns):
        network.zero_grad()
        discriminator.zero_grad()
        loss.backward()
        assert [module.training for module in modules] == [index == turn for index in range(3)]
        has_gradient = [all(p.grad is not None for p in module.parameters()) for module in modules]
        assert has_gradient == [index == turn for index in range(3)]
    assert turn == 2


def test_adversarial_training_learns_and_keeps_the_generators_alone():
    job = tiny_job(method=GENERATING, epochs=20, optimizer={"type": "Adam", "lr": 0.02}, **ADVERSARIAL)
    weights = load_weights(train(job))[0]
    assert set(weights) == set(TwoGenerators().state_dict())
    network = TwoGenerators().eval()
    network.load_state_dict(weights)
    sample = job.dataset.load(job.test_names[0])
    image = torch.from_numpy((sample.image - sample.image.mean()) / sample.image.std())[None, None]
    score = network(image).sigmoid()[0, 0].detach().numpy()
    assert score[sample.mask].mean() > 2 * score[~sample.mask].mean()


PATCH = RECIPE["augmentation"]["crop"]
MDVSFA = replace(METHODS.get("mdvsfa"), discriminator=network("mdvsfa", "MaskDiscriminator", patch=PATCH))


@pytest.mark.parametrize(("method", "images", "stop_after"), [(GENERATING, 6, 4), (MDVSFA, 2, 1)])
def test_an_adversarial_training_that_is_stopped_ends_with_the_same_bits(
    method, images, stop_after, monkeypatch, tmp_path
):
    job = replace(tiny_job(method=method, **ADVERSARIAL | {"epochs": 2}), dataset=Spots(count=images))
    whole = load_weights(train(job))[0]
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))
    monkeypatch.setattr(checkpoint, "SECONDS_APART", 0)
    batches = iter(range(100))

    def interrupted(*arguments):
        if next(batches) == stop_after:
            raise KeyboardInterrupt
        yield from adversarial_losses(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(step_module, "adversarial_losses", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(job)
    kept = training_folder(job) / "checkpoints" / "epoch-00001"
    assert {path.name for path in kept.glob("*.safetensors")} == {"network.safetensors", "discriminator.safetensors"}
    resumed = load_weights(train(job))[0]
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_a_method_without_a_discriminator_is_refused():
    with pytest.raises(UsageError, match="'tiny' has no generators and discriminator; leave it out"):
        train(tiny_job(**ADVERSARIAL))


def test_other_losses_beside_it_are_refused():
    with pytest.raises(ValueError, match="adversarial stands in the place of all losses"):
        Training(adversarial=RULES)


def test_without_a_target_a_generator_is_taught_to_raise_no_score_and_to_deceive(players):
    network, discriminator = players
    turns = adversarial_losses(Adversarial(**RULES), network, discriminator, IMAGES, torch.zeros_like(MASKS))
    assert next(turns).isfinite()
    rules = Adversarial(**RULES | {"deception": 0.0, "consistency": 0.0})
    turns = adversarial_losses(rules, network, discriminator, IMAGES, torch.zeros_like(MASKS))
    next(turns)
    for index in (0, 1):
        found = next(turns)
        maps, _, _ = judged(network, discriminator)
        torch.testing.assert_close(found, RULES["false_alarm"][index] * maps[index].square().mean())
