"""The built-in methods, registered through the same hook as anyone's."""

from __future__ import annotations

from istdbench.methods.acm import ACM_METHOD
from istdbench.methods.alcnet import ALCNET
from istdbench.methods.attention_inner import ATTENTION_INNER
from istdbench.methods.baseline import BASELINE
from istdbench.methods.conv_inner import CONV_INNER
from istdbench.methods.dnanet import DNANET
from istdbench.methods.fc3net import FC3NET
from istdbench.methods.ipi import IPI
from istdbench.methods.isnet import ISNET
from istdbench.methods.lcm import LCM
from istdbench.methods.localmamba import LOCALMAMBA
from istdbench.methods.mdvsfa import MDVSFA
from istdbench.methods.mim_istd import MIM_ISTD
from istdbench.methods.mpcm import MPCM
from istdbench.methods.mshnet import MSHNET
from istdbench.methods.mslstipt import MSLSTIPT
from istdbench.methods.nram import NRAM
from istdbench.methods.pstnn import PSTNN
from istdbench.methods.rpcanet import RPCANET
from istdbench.methods.spec import Method
from istdbench.methods.tophat import TOPHAT
from istdbench.methods.uiunet.network import UIUNET
from istdbench.methods.vim import VIM
from istdbench.plugins import hookimpl

MAMBA = (MIM_ISTD, BASELINE, CONV_INNER, ATTENTION_INNER, VIM, LOCALMAMBA)
CONVOLUTIONAL = (ACM_METHOD, ALCNET, DNANET, FC3NET, ISNET, MDVSFA, MSHNET, RPCANET, UIUNET)
CLASSICAL = (TOPHAT, MPCM, LCM, IPI, NRAM, PSTNN, MSLSTIPT)


@hookimpl
def register_methods() -> list[Method]:
    """MiM-ISTD's family, convolutional networks, classical methods."""
    return [*MAMBA, *CONVOLUTIONAL, *CLASSICAL]
