"""LocalMamba's block (Huang et al. 2024, arXiv 2403.09338) in MiM-ISTD's encoder and decoder, without words.

Glossary and layouts: `istdbench.methods.mamba.mim.network`. The block is the one of LocalVMamba: that of `baseline`
with other scans and attention to their outputs; see `istdbench.methods.mamba.mixers.local_scans`. By default this
attention follows the paper; `attention=channel` is the released code.

Each block adds up four scans in the paper (section 4.2), which a search found for each block. Those of LocalVMamba-T
were found for stages of 2, 2, 9 and 2 blocks. MiM-ISTD's second stage has 4, for which `searched` takes the two found
ones twice; its other stages fit.
"""

from __future__ import annotations

from istdbench.errors import UsageError
from istdbench.lazy import torch
from istdbench.methods.method import Learned, Option

SCANS = ("h", "h_flip", "v", "v_flip", "w2", "w2_flip", "w7", "w7_flip")
"""Those of `istdbench.ops.orders`, written out here because that module imports torch."""

SEARCHED = (
    "h+h_flip+w7+w7_flip/h_flip+v_flip+w2+w2_flip/"
    "h_flip+v_flip+w2_flip+w7/h_flip+v+v_flip+w2/h_flip+v_flip+w2_flip+w7/h_flip+v+v_flip+w2/"
    "h+h_flip+v_flip+w2_flip/h_flip+v_flip+w2+w2_flip/h+w2_flip+w7+w7_flip/h+h_flip+v+v_flip/h+v_flip+w7+w7_flip/"
    "h_flip+v+w2+w7_flip/v+v_flip+w2+w7_flip/h+h_flip+v_flip+w2_flip/v_flip+w2_flip+w7+w7_flip/"
    "h_flip+v_flip+w2_flip+w7_flip/h_flip+v+w7+w7_flip"
)
"""The scans of LocalVMamba-T, block by block (released code, `local_vssm_tiny`); see above for the second stage."""


def parse_scans(text: str, blocks: int) -> list[tuple[str, ...]]:
    """The scans of each block from text: names joined by "+", for all blocks, or for each block between "/".

    Raises:
        UsageError: an unknown name, or neither one set nor one for each block.
    """
    sets = [tuple(part.split("+")) for part in text.split("/")]
    if unknown := [name for names in sets for name in names if name not in SCANS]:
        raise UsageError(f"localmamba: no scan {unknown[0]!r} in scans={text}; there are: {', '.join(SCANS)}")
    if len(sets) not in (1, blocks):
        raise UsageError(f"localmamba: scans={text} has {len(sets)} sets; give one for all blocks, or {blocks}")
    return sets * blocks if len(sets) == 1 else sets


def build(scans: str = "searched", attention: str = "both") -> torch.nn.Module:
    """The untrained network: images (B, 3, H, W) of any size to logits (B, 1, H, W).

    Args:
        scans: "searched", or as `parse_scans` takes them.
        attention: "both" or "channel".

    Raises:
        UsageError: scans that there are not.
    """
    from istdbench.methods.mamba.mim.network import PAPER, without_words
    from istdbench.methods.mamba.mixers.local_scans import LocalSS2D

    of_block = iter(parse_scans(SEARCHED if scans == "searched" else scans, sum(PAPER.depths)))
    return without_words(lambda place: LocalSS2D(place.sentence_dim, next(of_block), spatial=attention == "both"))


LOCALMAMBA = Learned(
    name="localmamba",
    summary="MiM-ISTD's encoder and decoder with LocalMamba's windowed and global scans and no inner Mamba",
    paper="Huang et al., LocalMamba, 2024, arXiv 2403.09338",
    options={
        "scans": Option(
            "searched",
            f"searched (those of LocalVMamba-T), or names joined by + from {', '.join(SCANS)}; "
            "one such set for all blocks, or 17 of them with / between",
        ),
        "attention": Option(
            "both",
            "gates of a scan's output: both (for channels and positions, the paper) or channel (the released code)",
            choices=("both", "channel"),
        ),
    },
    build=build,
    in_channels=3,
)
