"""TCI-Former (Chen et al., AAAI 2024), re-implemented from the description: its authors released no code.

Source: Chen et al., TCI-Former: Thermal Conduction-Inspired Transformer for Infrared Small Target Detection, AAAI 2024,
arXiv 2402.02046. Of its text the abstract and the opening of the introduction could be read, and what a summary of it
(study.space) says: a U-Net of encoder and decoder; the pixel movement differential equation (PMDE), derived from the
heat equation; thermal conduction-inspired attention (TCIA), which approximates the PMDE by finite differences and
extracts the bodies of targets; a thermal conduction boundary module (TCBM), supervised by boundary masks, which refines
them; a hybrid loss of segmentation, boundary and interior. The size is as claimed for it, 3.66 M parameters and 5.87
GMACs at 512 x 512; ours has 3.50 M and 6.21. Its equations could not be read, so ours have no numbers. Whatever this
network scores is no figure of the authors'.

What the description leaves open, and what was chosen (`networks.conduction`, `networks.tci_former`):

- The PMDE has the heat equation's form, with the depth of the network as time. One block is one explicit step, its
  conduction first and its source then; the source is a transformer's feed-forward part with a depthwise convolution.
- TCIA takes the conductivities of the five-point stencil from dot-product attention over a pixel and its four
  neighbours, by heads of 8 channels. What two pixels give each other may differ, so that heat can gather in one of
  them, as pixels move to targets in the paper. No heat leaves the map.
- The abstract's "convolution, pooling and interactions with surrounding pixels" are a scale of the encoder: maximum of
  2 x 2, a residual block, then TCIA. Six scales of 8 to 256 channels and 0, 1, 1, 2, 2, 2 steps come near the claimed
  size. The finest scale has none since TCIA in full resolution would take more than a third of the time.
- TCBM sees the flux of heat, which is largest on boundaries, of the decoder's map at every scale, from coarse to fine
  in 8 channels, and is joined to the finest map alone.
- Boundary masks are those of ISNet's training (`istdbench.training.objective.edges`), two pixels wide; the interior is
  the rest of a target, which the smallest targets do not have.
- Each of the three terms of the loss is Dice and cross-entropy, of weight 1.
- Images are gray. Optimizer, rate, epochs, batch and augmentation are those of the same authors' MiM-ISTD (protocol
  `mim2024`), since those of TCI-Former could not be read.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned

TERM = {"dice": 1.0, "bce": 1.0}
"""Each of the three of the hybrid loss."""

TCI_FORMER = Learned(
    name="tci_former",
    summary="U-Net whose attention conducts heat between neighbours, refined by predicted boundaries of targets",
    paper="Chen et al., TCI-Former: Thermal Conduction-Inspired Transformer for Infrared Small Target Detection, "
    "AAAI 2024, arXiv 2402.02046",
    build=network("tci_former", "TCIFormer"),
    recipe={
        "epochs": 800,
        "batch": 32,
        "losses": TERM,
        "edge_losses": TERM,
        "interior_losses": TERM,
        "optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 4e-4},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 512, "flips": True, "transpose": False},
    },
)
