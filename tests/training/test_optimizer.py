"""Optimizers for recorded steps, beside PyTorch's, and what they take from a checkpoint."""

import pytest
import torch
from tiny_training import ADVERSARIAL, GENERATING, TinyDiscriminator, TwoGenerators, tiny_job, tiny_network

from istdbench.training.adagrad import RecordableAdagrad
from istdbench.training.optimizer import build_optimizer, load_state, set_rates

RATES = [0.1, 0.03, 0.5, 0.001]


@pytest.mark.parametrize("weight_decay", [0.0, 0.2])
def test_adagrad_by_a_tensor_makes_the_steps_of_pytorchs(weight_decay):
    weights = {}
    for kind, rate in ((torch.optim.Adagrad, 1.0), (RecordableAdagrad, torch.tensor(1.0))):
        torch.manual_seed(0)
        found = [torch.nn.Parameter(torch.randn(shape)) for shape in ((3, 2), (5,))]
        unused = torch.nn.Parameter(torch.ones(2))
        optimizer = kind([*found, unused], lr=rate, weight_decay=weight_decay)
        for rate in RATES:
            set_rates(optimizer, [rate])
            for parameter in found:
                parameter.grad = torch.randn(parameter.shape)
            optimizer.step()
        assert torch.equal(unused, torch.ones(2))
        weights[kind] = torch.cat([parameter.detach().flatten() for parameter in found])
    torch.testing.assert_close(*weights.values(), rtol=1e-5, atol=1e-6)


def test_a_tensor_rate_is_changed_in_place_and_a_number_replaced():
    job = tiny_job()
    recorded, plain = (build_optimizer(job, tiny_network(), None, recorded) for recorded in (True, False))
    tensor = recorded.param_groups[0]["lr"]
    set_rates(recorded, [0.25])
    set_rates(plain, [0.25])
    assert tensor == 0.25 and recorded.param_groups[0]["lr"] is tensor
    assert plain.param_groups[0]["lr"] == 0.25 and not isinstance(plain.param_groups[0]["lr"], torch.Tensor)


def test_each_group_has_a_rate_of_its_own():
    job = tiny_job(method=GENERATING, **ADVERSARIAL)
    optimizer = build_optimizer(job, TwoGenerators(), TinyDiscriminator(), recorded=True)
    set_rates(optimizer, [0.5, 0.125])
    assert [group["lr"].item() for group in optimizer.param_groups] == [0.5, 0.125]


@pytest.mark.parametrize(("written", "read"), [(True, False), (False, True)])
def test_a_checkpoint_of_another_kind_of_step_gives_its_state_and_not_its_options(written, read):
    job = tiny_job()
    first, second = (build_optimizer(job, tiny_network(), None, recorded) for recorded in (written, read))
    for parameter in first.param_groups[0]["params"]:
        parameter.grad = torch.ones_like(parameter)
    first.step()
    load_state(second, first.state_dict())
    options = build_optimizer(job, tiny_network(), None, read).param_groups[0]
    assert second.param_groups[0]["fused"] == options["fused"]
    assert isinstance(second.param_groups[0]["lr"], torch.Tensor) == read
    moments = [[state["exp_avg"] for state in optimizer.state.values()] for optimizer in (first, second)]
    assert len(moments[0]) == 6 and all(map(torch.equal, *moments))
