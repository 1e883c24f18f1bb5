"""The built-in methods, registered through the same hook as anyone's."""

from __future__ import annotations

from istdbench.methods.acm import ACM_METHOD
from istdbench.methods.alcnet import ALCNET
from istdbench.methods.baseline import BASELINE
from istdbench.methods.conv_inner import CONV_INNER
from istdbench.methods.fc3net import FC3NET
from istdbench.methods.mim_istd import MIM_ISTD
from istdbench.methods.mpcm import MPCM
from istdbench.methods.rpcanet import RPCANET
from istdbench.methods.spec import Method
from istdbench.methods.tophat import TOPHAT
from istdbench.methods.uiunet.network import UIUNET
from istdbench.plugins import hookimpl


@hookimpl
def register_methods() -> list[Method]:
    """MiM-ISTD with its baseline and its ablation, convolutional networks, and the classical methods."""
    return [MIM_ISTD, BASELINE, CONV_INNER, ACM_METHOD, ALCNET, FC3NET, RPCANET, UIUNET, TOPHAT, MPCM]
