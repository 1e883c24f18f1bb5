"""The built-in methods, registered through the same hook as anyone's."""

from __future__ import annotations

from istdbench.methods.attention_inner import ATTENTION_INNER
from istdbench.methods.baseline import BASELINE
from istdbench.methods.conv_inner import CONV_INNER
from istdbench.methods.localmamba import LOCALMAMBA
from istdbench.methods.mdvsfa import MDVSFA
from istdbench.methods.mim_istd import MIM_ISTD
from istdbench.methods.mpcm import MPCM
from istdbench.methods.spec import Method
from istdbench.methods.tophat import TOPHAT
from istdbench.methods.vim import VIM
from istdbench.plugins import hookimpl


@hookimpl
def register_methods() -> list[Method]:
    """MiM-ISTD with its baseline and ablations, its encoder with other Mambas, MDvsFA, and the classical methods."""
    return [MIM_ISTD, BASELINE, CONV_INNER, ATTENTION_INNER, VIM, LOCALMAMBA, MDVSFA, TOPHAT, MPCM]
