"""What a training minimises, against sums written out."""

import pytest
import torch
from torch.nn import functional as F

from istdbench.errors import UsageError
from istdbench.methods.method import Learned
from istdbench.methods.outputs import Outputs
from istdbench.protocols.fields import Training
from istdbench.registry import METHODS
from istdbench.training.losses import dice, plain_niou
from istdbench.training.objective import edges, objective, pooled

IMAGES, LOGITS, FINER, EDGE = (torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(n)) for n in range(4))
MASKS = torch.zeros(2, 1, 8, 8)
MASKS[0, 0, 2:5, 3:6] = 1
LATE = 100
"""An epoch that no warm-up lasts to."""


def test_one_head_has_the_loss_of_the_recipe():
    assert objective(Training(losses={"dice": 2.0}))(LOGITS, IMAGES, MASKS, LATE) == 2 * dice(LOGITS, MASKS)


def test_heads_are_averaged_and_a_coarse_one_sees_the_pooled_mask():
    coarse = FINER[..., ::2, ::2]
    found = objective(Training(losses={"dice": 1.0}))(Outputs((LOGITS, coarse)), IMAGES, MASKS, LATE)
    assert found == (dice(LOGITS, MASKS) + dice(coarse, pooled(MASKS, coarse))) / 2


def test_a_coarse_pixel_is_a_target_if_one_of_its_pixels_is():
    single = torch.zeros(1, 1, 8, 8)
    single[..., 3, 6] = 1
    assert pooled(single, torch.empty(1, 1, 4, 4)).nonzero().tolist() == [[0, 0, 1, 3]]


def test_edges_and_the_reconstruction_are_added():
    recipe = Training(losses={"dice": 1.0}, edge_losses={"dice": 3.0}, reconstruction=0.1)
    found = objective(recipe)(Outputs((LOGITS,), edge=EDGE, image=FINER), IMAGES, MASKS, LATE)
    written_out = dice(LOGITS, MASKS) + 3 * dice(EDGE, edges(MASKS)) + 0.1 * F.mse_loss(FINER, IMAGES)
    assert torch.isclose(found, written_out)


def test_the_interior_of_a_target_is_what_its_edge_leaves_of_it():
    heads = Outputs((LOGITS,), interior=EDGE)
    found = objective(Training(losses={"dice": 1.0}, interior_losses={"dice": 3.0}))(heads, IMAGES, MASKS, LATE)
    interior = torch.zeros_like(MASKS)
    interior[0, 0, 3, 4] = 1  # of the 3 x 3
    assert torch.isclose(found, dice(LOGITS, MASKS) + 3 * dice(EDGE, interior))


def test_a_protocol_that_leaves_interiors_out_is_the_one_of_before():
    assert "interior_losses" not in Training().model_dump()
    assert Training(interior_losses={"bce": 1.0}).model_dump()["interior_losses"] == {"bce": 1.0}


def test_while_the_warm_up_lasts_its_losses_act_on_its_head_alone():
    coarse = FINER[..., ::2, ::2]
    recipe = Training(losses={"dice": 1.0}, warm_up={"epochs": 2, "losses": {"plain_niou": 3.0}, "head": 1})
    found = [objective(recipe)(Outputs((LOGITS, coarse)), IMAGES, MASKS, epoch) for epoch in (0, 1, 2)]
    warm, late = (
        3 * plain_niou(coarse, pooled(MASKS, coarse)),
        (dice(LOGITS, MASKS) + dice(coarse, pooled(MASKS, coarse))) / 2,
    )
    assert found == [warm, warm, late]


def test_a_warm_up_of_a_head_that_is_not_there_is_refused():
    recipe = Training(warm_up={"epochs": 2, "losses": {"dice": 1.0}, "head": 1})
    with pytest.raises(UsageError, match=r"training.warm_up.head is 1, and this network has 1 heads"):
        objective(recipe)(LOGITS, IMAGES, MASKS, 0)


def test_edges_are_where_the_central_difference_of_the_mask_is_not_zero():
    masks = torch.zeros(1, 1, 8, 9)
    masks[..., 2:5, 3:6] = 1  # 3 x 3
    masks[..., 7, 8] = 1  # one pixel, in the corner of the image
    padded = F.pad(masks, (1, 1, 1, 1))[0, 0]
    expected = torch.zeros_like(masks)
    for y in range(8):
        for x in range(9):
            down, across = padded[y + 2, x + 1] - padded[y, x + 1], padded[y + 1, x + 2] - padded[y + 1, x]
            expected[0, 0, y, x] = float(down.abs() + across.abs() > 0)
    assert torch.equal(edges(masks), expected)
    assert edges(masks)[0, 0, 3].tolist() == [0, 0, 1, 1, 0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    "field", [{"edge_losses": {"dice": 1.0}}, {"interior_losses": {"dice": 1.0}}, {"reconstruction": 0.1}]
)
def test_a_recipe_for_a_head_that_is_not_there_is_refused(field):
    with pytest.raises(UsageError, match=f"training.{next(iter(field))} is set, and this network has no such head"):
        objective(Training(**field))(LOGITS, IMAGES, MASKS, LATE)


RECIPES = {
    method.name: method.recipe for method in METHODS.all() if isinstance(method, Learned) and "losses" in method.recipe
}


@pytest.mark.parametrize("epoch", [0, LATE])
@pytest.mark.parametrize("method", [name for name, recipe in RECIPES.items() if "adversarial" not in recipe])
def test_no_recipe_rewards_a_score_on_images_without_targets(method, epoch):
    heads = [LOGITS.clone(), FINER[..., ::2, ::2].clone(), EDGE.clone(), -EDGE]
    masks, coarse, edge, interior = (head.requires_grad_() for head in heads)
    recipe = Training(**RECIPES[method])
    if recipe.warm_up is not None:
        recipe = recipe.model_copy(update={"warm_up": recipe.warm_up.model_copy(update={"head": 0})})
    answer = Outputs((masks, coarse), edge=edge, image=FINER, interior=interior)
    found = objective(recipe)(answer, IMAGES, torch.zeros_like(MASKS), epoch)
    found.backward()
    gradients = [head.grad for head in heads if head.grad is not None]
    assert found.isfinite() and gradients
    assert all(gradient.isfinite().all() and gradient.min() >= 0 for gradient in gradients)


def test_an_empty_mask_has_no_edge():
    assert not edges(torch.zeros_like(MASKS)).any()
