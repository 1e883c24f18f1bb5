"""The network of RPCANet++: RPCANet whose background remembers earlier stages, and whose target sees contrast.

| symbol | meaning | in the released code |
|---|---|---|
| D, B, T, M, G, epsilon | as in `networks.rpcanet` | `D`, `B`, `T`, `merge`, `convs`, `epsilon` |
| K | stages, 3, 6 or 9 | `stage_num` |
| h, c | what a stage hands to the next one's background: hidden map and cell of a convolutional LSTM | the same |
| f, i, o, j | gates that forget, let in and let out, and what is let in | the same |
| W | a 17 x 17 convolution without bias | `AttnContrastLayer_n.conv` |
| theta | weights in (0, 1) of channels, from their means over the image | `AttnContrastLayer_n.attn` |

Stage k: B = x + P(x, h, c) with x = D - T; T = x - epsilon G(x + C(x)) with x = T + D - B; D = M(B + T).

P is a convolution, a residual block, the LSTM (Shi et al. 2015, arXiv 1506.04214, without peepholes), a residual block
and a convolution. LSTM: c = f c + i j, h = o tanh(c). The first stage is given neither h nor c: there c = i j and, as
in the released code, h = o c without the tanh; what would read h, and f, it does not have.

C compares each place with its surroundings between two convolutions: theta W_1 x - W x, where W_1 is the 1 x 1
convolution whose weights are the sums of W's over its window. In an even map the two agree, but for theta.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.rpcanet import CHANNELS, STEP, normalised_chain, plain_chain
from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.layers import channel_attention, conv_bn_relu, glorot_normal

WINDOW = 17
Memory = tuple[Tensor, Tensor]
"""h and c, (B, CHANNELS, H, W) each."""


class Gate(nn.Module):
    """What one of f, i, o and j makes of the map and of h, before its squashing."""

    def __init__(self, *, first: bool) -> None:
        """
        Args:
            first: whether there is no h.
        """
        super().__init__()
        self.of_map = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)
        self.of_hidden = None if first else nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)

    def forward(self, x: Tensor, memory: Memory | None) -> Tensor:
        """Map (B, CHANNELS, H, W), h and c to the map's shape."""
        if self.of_hidden is None or memory is None:
            return self.of_map(x)
        return self.of_map(x) + self.of_hidden(memory[0])


class ConvolutionalLSTM(nn.Module):
    """One step of the LSTM."""

    def __init__(self, *, first: bool) -> None:
        """
        Args:
            first: whether it begins without memory.
        """
        super().__init__()
        self.forget = None if first else Gate(first=first)
        self.enter, self.leave, self.candidate = (Gate(first=first) for _ in range(3))

    def forward(self, x: Tensor, memory: Memory | None) -> Memory:
        """Map (B, CHANNELS, H, W) and the h and c of the stage before to this stage's."""
        cell = self.enter(x, memory).sigmoid() * self.candidate(x, memory).tanh()
        leave = self.leave(x, memory).sigmoid()
        if self.forget is None or memory is None:
            return leave * cell, cell
        cell = self.forget(x, memory).sigmoid() * memory[1] + cell
        return leave * cell.tanh(), cell


class PlainResidual(nn.Module):
    """The map plus two 3 x 3 convolutions of it, without batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, CHANNELS, H, W) to the same shape."""
        return x + self.body(x)


class Background(nn.Module):
    """B of a stage."""

    def __init__(self, *, first: bool) -> None:
        super().__init__()
        self.before = nn.Sequential(*conv_bn_relu(1, CHANNELS), PlainResidual())
        self.memory = ConvolutionalLSTM(first=first)
        self.after = nn.Sequential(PlainResidual(), nn.Conv2d(CHANNELS, 1, 3, padding=1))

    def forward(self, image: Tensor, target: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
        """D and T (B, 1, H, W), h and c of the stage before, to B and this stage's h and c."""
        rest = image - target
        hidden, cell = self.memory(self.before(rest), memory)
        return rest + self.after(hidden), (hidden, cell)


class Surroundings(nn.Module):
    """theta W_1 x - W x."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, WINDOW, padding=WINDOW // 2, bias=False)
        self.weights = channel_attention(CHANNELS, pooled=True)

    def forward(self, x: Tensor) -> Tensor:
        """(B, CHANNELS, H, W) to the same shape."""
        centre = F.conv2d(x, self.conv.weight.sum((2, 3), keepdim=True))
        return self.weights(x) * centre - self.conv(x)


class Target(nn.Module):
    """T of a stage."""

    def __init__(self) -> None:
        super().__init__()
        self.gradient = plain_chain()
        self.epsilon = nn.Parameter(torch.tensor([STEP]))
        self.contrast = nn.Sequential(
            nn.Conv2d(1, CHANNELS, 3, padding=1),
            nn.ReLU(inplace=True),
            Surroundings(),
            nn.BatchNorm2d(CHANNELS),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Conv2d(CHANNELS, 1, 3, padding=1),
        )

    def forward(self, image: Tensor, background: Tensor, target: Tensor) -> Tensor:
        """D, B and T of the stage before (B, 1, H, W) to T, the same shape."""
        x = target + image - background
        return x - self.epsilon * self.gradient(x + self.contrast(x))


class Stage(nn.Module):
    """Background, target, and the image that they give back."""

    def __init__(self, *, first: bool = False) -> None:
        """
        Args:
            first: whether it begins without memory.
        """
        super().__init__()
        self.background = Background(first=first)
        self.target = Target()
        self.reconstruction = normalised_chain()

    def forward(self, image: Tensor, target: Tensor, memory: Memory | None) -> tuple[Tensor, Tensor, Memory]:
        """D and T (B, 1, H, W), h and c, to those of the next stage."""
        background, memory = self.background(image, target, memory)
        target = self.target(image, background, target)
        return self.reconstruction(background + target), target, memory


class RPCANetPP(nn.Module):
    """The stages in a row, each with weights of its own; the first begins without a target and without memory."""

    def __init__(self, stages: int) -> None:
        """
        Args:
            stages: K.
        """
        super().__init__()
        self.stages = nn.ModuleList([Stage(first=k == 0) for k in range(stages)])
        self.apply(glorot_normal)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, 1, H, W) to logits (B, 1, H, W); in training mode with the reconstructed image."""
        target, memory = torch.zeros_like(image), None
        for stage in self.stages:
            image, target, memory = stage(image, target, memory)
        return Outputs(masks=(target,), image=image) if self.training else target
