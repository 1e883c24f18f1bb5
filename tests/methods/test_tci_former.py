"""TCI-Former: its attention against heat conduction pixel by pixel, and its three supervised heads."""

from __future__ import annotations

import math

import torch
from methods.stand_ins import noise
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.conduction import HEAD_DIM, Conduction, HeatStep, conducted, flux
from istdbench.methods.convolutional.networks.tci_former import TCIFormer

HEADS, HEIGHT, WIDTH = 2, 4, 5
MAPS = [noise(1, HEADS * HEAD_DIM, HEIGHT, WIDTH, seed=seed).double() for seed in range(3)]


def stencil(y: int, x: int) -> list[tuple[int, int]]:
    """A pixel and those of its four neighbours that the map has."""
    around = [(y, x), (y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    return [(row, column) for row, column in around if 0 <= row < HEIGHT and 0 <= column < WIDTH]


def test_conduction_is_attention_to_the_five_point_stencil_less_the_pixel_itself():
    q, k, v = (u[0].unflatten(0, (HEADS, HEAD_DIM)) for u in MAPS)
    written_out = torch.zeros_like(v)
    for head in range(HEADS):
        for y in range(HEIGHT):
            for x in range(WIDTH):
                places = stencil(y, x)
                exponentials = [math.exp(q[head, :, y, x] @ k[head, :, *at] / HEAD_DIM**0.5) for at in places]
                beyond = (5 - len(places)) * exponentials[0]  # what lies beyond the map is as the pixel itself
                total = sum(exponentials) + beyond
                mean = sum(share / total * v[head, :, *at] for share, at in zip(exponentials, places, strict=True))
                written_out[head, :, y, x] = mean + beyond / total * v[head, :, y, x] - v[head, :, y, x]
    torch.testing.assert_close(conducted(*MAPS)[0], written_out.flatten(0, 1))


def test_a_step_of_conduction_makes_no_pixel_hotter_or_colder_than_all_around_it():
    q, k, v = (10 * u for u in MAPS)
    after = v + conducted(q, k, v)
    for y in range(HEIGHT):
        for x in range(WIDTH):
            five = torch.stack([v[..., row, column] for row, column in stencil(y, x)])
            assert (after[..., y, x] <= five.amax(0) + 1e-12).all() and (after[..., y, x] >= five.amin(0) - 1e-12).all()


def test_like_pixels_conduct_as_the_laplacian_does_and_no_heat_is_lost():
    v = MAPS[2]
    around = F.pad(v, (1, 1, 1, 1), mode="replicate")
    laplacian = F.conv2d(
        around.transpose(0, 1), torch.tensor([[[[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]]], dtype=v.dtype)
    ).transpose(0, 1)
    spread = conducted(torch.zeros_like(v), MAPS[1], v)  # no query: every share is 1/5
    torch.testing.assert_close(spread, laplacian / 5)
    torch.testing.assert_close(spread.sum((2, 3)), torch.zeros_like(v[..., 0, 0]))


@torch.no_grad()
def test_an_even_map_conducts_nothing_and_attention_sees_direct_neighbours_alone():
    torch.manual_seed(0)
    conduction = Conduction(HEAD_DIM)
    even = noise(1, HEAD_DIM, 1, 1).expand(1, HEAD_DIM, 7, 7)
    changed = even.clone()
    changed[..., 3, 3] += 1
    still, moved = conduction(even), conduction(changed)
    torch.testing.assert_close(still, conduction.last.bias[:, None, None].expand_as(still))
    rows, columns = ((moved - still)[0].abs().amax(0) > 1e-6).nonzero().T.tolist()
    assert sorted(zip(rows, columns, strict=True)) == [(2, 3), (3, 2), (3, 3), (3, 4), (4, 3)]


@torch.no_grad()
def test_a_step_of_time_adds_what_is_conducted_and_then_the_source():
    torch.manual_seed(0)
    step, u = HeatStep(HEAD_DIM), noise(2, HEAD_DIM, 6, 6)
    half = u + step.conduction(step.conduction_norm(u))
    assert torch.equal(step(u), half + step.source(step.source_norm(half)))


def test_heat_flows_on_the_boundary_of_a_target_alone():
    body = torch.zeros(1, 1, 9, 9)
    body[..., 2:7, 2:7] = 1
    flows = flux(body)[0, 0] > 0.1
    assert not flows[3:6, 3:6].any() and not flows[0].any() and not flows[:, 8].any()
    assert flows[2, 2:7].all() and flows[1, 2:7].all()  # the row inside it and the one outside


@torch.no_grad()
def test_training_supervises_mask_boundary_and_interior_of_an_image_of_any_size():
    torch.manual_seed(0)
    network, image = TCIFormer().eval(), noise(1, 1, 50, 70)
    logits = network(image)
    network.training = True  # the network's own flag alone: batch norm stays as it is
    heads = network(image)
    [mask] = heads.masks
    assert torch.equal(mask, logits)
    assert heads.edge.shape == heads.interior.shape == logits.shape == (1, 1, 50, 70)


@torch.no_grad()
def test_the_boundary_refines_the_mask_and_leaves_the_interior():
    torch.manual_seed(0)
    network, image = TCIFormer().eval(), noise(1, 1, 32, 32)
    network.training = True
    before = network(image)
    network.boundary.fuse[0][1].bias.fill_(3.0)  # g grows everywhere
    after = network(image)
    assert torch.equal(after.interior, before.interior)
    assert not torch.equal(after.edge, before.edge) and not torch.equal(after.masks[0], before.masks[0])
