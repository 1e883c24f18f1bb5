"""The scan that is traced, against the reference backend in float64."""

import pytest
import torch

from istdbench.exporting import plain_scan
from istdbench.ops.backends import reference
from istdbench.ops.contract import ScanInputs


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
@pytest.mark.parametrize("softplus", [True, False])
@pytest.mark.parametrize(("with_dt", "rank"), [(True, 0), (True, 2), (False, 2)])
def test_it_is_the_reference(with_dt, rank, softplus):
    torch.manual_seed(0)
    batch, length, channels, states, orders = 2, 9, 5, 3, 4
    inputs = ScanInputs(
        x=torch.randn(batch, length, channels),
        dt=torch.randn(orders if with_dt else 0, batch, length, channels),
        proj=torch.randn(batch, length, orders, rank + 2 * states),
        dt_proj=torch.randn(orders, channels, rank),
        A=-torch.rand(orders, channels, states),
        D=torch.randn(orders, channels),
        dt_bias=torch.randn(orders, channels),
        orders=torch.stack([torch.randperm(length) for _ in range(orders)]),
        softplus=softplus,
    )
    wide = ScanInputs(
        *(value.double() if value is not inputs.orders and value is not softplus else value for value in inputs)
    )
    torch.testing.assert_close(plain_scan.multi_scan(wide), reference.multi_scan(wide))
