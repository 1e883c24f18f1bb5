"""The mamba_ssm backend around a stand-in for its kernel: this test needs no GPU."""

import sys
from types import SimpleNamespace

import torch

from istdbench.ops import selective_scan
from istdbench.ops.backends import mamba_ssm, reference
from istdbench.ops.contract import ScanInputs
from istdbench.ops.orders import cross_scan


def test_mamba_ssm_is_given_one_group_an_order(monkeypatch):
    def kernel(*arguments):
        return selective_scan(*arguments, backend="reference")

    monkeypatch.setitem(sys.modules, mamba_ssm.INTERFACE, SimpleNamespace(selective_scan_fn=kernel))
    torch.manual_seed(0)
    x, dt, proj = torch.randn(2, 6, 3).double(), torch.randn(4, 2, 6, 3).double(), torch.randn(2, 6, 4, 12).double()
    dt_proj = torch.randn(4, 3, 2).double()
    A, D, bias = -torch.rand(4, 3, 5).double(), torch.randn(4, 3).double(), torch.randn(4, 3).double()
    inputs = ScanInputs(x, dt, proj, dt_proj, A, D, bias, cross_scan(2, 3), softplus=True)
    torch.testing.assert_close(mamba_ssm.multi_scan(inputs), reference.multi_scan(inputs))
