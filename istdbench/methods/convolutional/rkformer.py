"""RKformer (Zhang et al., ACM MM 2022): an encoder of Runge-Kutta steps of convolution beside sparse attention.

No code is public: this is made from the description. The paper says: an encoder and a decoder; four Runge-Kutta
transformer blocks, one after the other, in the encoder; each of two parallel encoder blocks of transformer and
convolution, with several residual connections, as a Runge-Kutta method has them; random-connection attention, a
reservoir whose random connections make attention sparse, with fewer parameters and computations than self-attention.
ABMNet (Chen et al., ICME 2023) adds of it that a residual block's and a transformer's features are concatenated.

What the description leaves open, and what was decided here:
- Runge-Kutta: Heun's method of second order, its two rates with weights of their own, and a step of 1.
- Random connections: each token attends to itself and to 15 others, at steps over the whole map, the same for all
  tokens and heads, others in each block. Its key is a state of the reservoir, a fixed sparse random mixture of its
  channels; query, value and output are learned. Everything is drawn from one seed, the same in every training.
- Parallel encoder block: ResNet's basic block beside a transformer layer with an MLP four times as wide, concatenated
  and mixed by a 1 x 1 convolution with batch norm. No position is embedded, since the convolutions know it.
- Stages of 64, 128, 256 and 512 channels at 1/4 to 1/32 of the image's sides, each entered by a convolution of stride
  2, after a stem at 1/2; a residual block at the bottom; a decoder that adds the encoder's maps up to 1/2.
- Training: no word of it is known but its data, NUAA-SIRST and IRSTD-1k; hence there is no recipe, and protocols that
  train each method by its own train it as the MiM-ISTD paper trains.

Published are 29 M parameters and 24.73 GMACs. Here they are 29.65 M (+2.2 %), and 24.33 G as thop counts them at 512 x
512 (-1.6 %), the size that MiM-ISTD's table is of. Both shares of channels and the block at the bottom were chosen so.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned

RKFORMER = Learned(
    name="rkformer",
    summary="Runge-Kutta steps of convolution beside attention by fixed random connections",
    paper="Zhang et al., RKformer: Runge-Kutta Transformer with Random-Connection Attention for Infrared Small Target "
    "Detection, ACM MM 2022, DOI 10.1145/3503161.3547817",
    build=network("rkformer", "RKformer", in_channels=1),
)
