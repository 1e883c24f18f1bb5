"""FC3-Net (Zhang et al., ACM MM 2022): each level of a pyramid is compensated by the finer and by the coarser level.

The definition followed is the authors' (IPIC-Lab/SIRST-Detection-FC3-Net, `demo/FC3Net.py`). The main row of its third
F-MFC runs blocks 1, 2, 4, 5, 5, 6: block 5 twice, block 3 never. So does ours, since it is the only
public definition; the parameters of block 3 are left out. The authors gave no training code, hence there is no recipe.
"""

from __future__ import annotations

from istdbench.lazy import torch
from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import Renaming, Rules

EXCHANGES = (3, 5, 7)
"""What the authors number the exchanges of an F-MFC by."""

ROWS = (("resb", "c1", "b"), ("resc1c2_", "c2", "c1c2_"), ("resc2c3_", "c3", "c2c3_"))
"""How the authors name the finer row, the main row and the falls of each F-MFC."""


def compensation(i: int) -> Rules:
    """From the authors' names to ours, of F-MFC i = 0, 1, 2."""
    (fine, main, fall), ours = ROWS[i], f"compensations.{i}"
    blocks = (1, 2, 4, 5, 6) if i == 2 else (1, 2, 3, 4, 5, 6)
    pairs = [(2 * step + k + 1, f"{step}.{k}") for step in range(3) for k in range(2)]
    return (
        (r"^c1_down\." if i == 0 else rf"^res{main}_d\.", f"{ours}.halving."),
        *((rf"^{fine}{number}\.", f"{ours}.fine.{place}.") for number, place in pairs),
        *((rf"^res{main}_{number}\.", f"{ours}.main.{k}.") for k, number in enumerate(blocks)),
        *((rf"^res{main}_d_{number}\.", f"{ours}.coarse.{place}.") for number, place in pairs),
        *((rf"^{fall}{number}_down\.", f"{ours}.falls.{k}.") for k, number in enumerate(EXCHANGES)),
        *((rf"^{main}_d_{number}_up\.", f"{ours}.rises.{k}.") for k, number in enumerate(EXCHANGES)),
    )


def one_alpha(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The three weights of the levels as one tensor."""
    alphas = [ours.pop(name) for name in ("CFC.alpha1", "CFC.alpha2", "CFC.alpha3") if name in ours]
    return ours | {"correlation.alpha": torch.cat(alphas)} if alphas else ours


FC3NET = Learned(
    name="fc3net",
    summary="feature compensation: each level takes in the finer and the coarser one, then all correlate",
    paper="Zhang et al., Exploring Feature Compensation and Cross-level Correlation for ISTD, ACM MM 2022",
    build=network("fc3net", "FC3Net"),
    in_channels=3,
    from_released=Renaming(
        rules=(
            (r"^stem1\.conv\.", "stem.0."),
            (r"^stem1\.bn\.", "stem.1."),
            (r"^stem2\.conv\.", "stem.3."),
            (r"^stem2\.bn\.", "stem.4."),
            (r"^input\.", "stem.6."),
            (r"^input_bn\.", "stem.7."),
            (r"^input_bn0\.", "norm."),
            *((rf"^lay{i + 1}\.", f"stages.{i}.") for i in range(3)),
            *(rule for i in range(3) for rule in compensation(i)),
            *((rf"^c{3 - i}_up\.", f"rises.{i}.") for i in range(3)),
            (r"\.conv\.", ".0."),
            (r"\.bn\.", ".1."),
            (r"((?:^|\.)rises\.\d)\.1\.", r"\1.2."),
            (r"((?:^|\.)rises\.\d)\.0\.", r"\1.1."),
            (r"^CFC\.uplayer3\.", "correlation.high."),
            (r"^CFC\.uplayer4\.", "correlation.middle."),
            (r"^CFC\.0\.", "correlation.attention.conv."),
            (r"^head\.block\.", "head."),
        ),
        unread=r"^resc3_3\.",
        reshape=one_alpha,
    ),
)
