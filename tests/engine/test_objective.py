"""What a training minimises, against sums written out."""

import pytest
import torch
from torch.nn import functional as F

from istdbench.engine.losses import dice
from istdbench.engine.objective import edges, objective, pooled
from istdbench.errors import UsageError
from istdbench.methods.outputs import Outputs
from istdbench.protocols.protocol import Training

IMAGES, LOGITS, FINER, EDGE = (torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(n)) for n in range(4))
MASKS = torch.zeros(2, 1, 8, 8)
MASKS[0, 0, 2:5, 3:6] = 1


def test_one_head_has_the_loss_of_the_recipe():
    assert objective(Training(losses={"dice": 2.0}))(LOGITS, IMAGES, MASKS) == 2 * dice(LOGITS, MASKS)


def test_heads_are_averaged_and_a_coarse_one_sees_the_pooled_mask():
    coarse = FINER[..., ::2, ::2]
    found = objective(Training(losses={"dice": 1.0}))(Outputs((LOGITS, coarse)), IMAGES, MASKS)
    assert found == (dice(LOGITS, MASKS) + dice(coarse, pooled(MASKS, coarse))) / 2


def test_a_coarse_pixel_is_a_target_if_one_of_its_pixels_is():
    single = torch.zeros(1, 1, 8, 8)
    single[..., 3, 6] = 1
    assert pooled(single, torch.empty(1, 1, 4, 4)).nonzero().tolist() == [[0, 0, 1, 3]]


def test_edges_and_the_reconstruction_are_added():
    recipe = Training(losses={"dice": 1.0}, edge_losses={"dice": 3.0}, reconstruction=0.1)
    found = objective(recipe)(Outputs((LOGITS,), edge=EDGE, image=FINER), IMAGES, MASKS)
    written_out = dice(LOGITS, MASKS) + 3 * dice(EDGE, edges(MASKS)) + 0.1 * F.mse_loss(FINER, IMAGES)
    assert torch.isclose(found, written_out)


def test_the_edge_of_a_target_is_its_rim():
    rim = MASKS.clone()
    rim[0, 0, 3, 4] = 0
    assert torch.equal(edges(MASKS), rim)


@pytest.mark.parametrize("field", [{"edge_losses": {"dice": 1.0}}, {"reconstruction": 0.1}])
def test_a_recipe_for_a_head_that_is_not_there_is_refused(field):
    with pytest.raises(UsageError, match=f"training.{next(iter(field))} is set, and this network has no such head"):
        objective(Training(**field))(LOGITS, IMAGES, MASKS)
