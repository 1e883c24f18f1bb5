"""The network of IAANet: it proposes regions that may hold a target, and attends among the pixels within them.

| symbol | meaning | in the released code |
|---|---|---|
| cells | squares of 16 pixels, each of which proposes a box and its confidence | `backbone` |
| regions | at most five boxes in training; when it predicts, all above 0.2, or else the five surest | `region_boxes` |
| words | one vector for each pixel in a region, of convolutions that keep the image's size | `semantic_estab` |
| p | sines and cosines of a pixel's row and column as shares of the image's sides | `PositionEmbeddingSine` |
| layer | words attend to all of their image, of whichever region; p is in queries and keys alone | `Transformer` |

Outside its regions the released network gives 0, as a score; here that is a logit whose score is 0 in float32.

The released code works out words of the whole image, or, with `fast`, of each region with 8 pixels around it. Both
give the same, since no word sees further than 6 pixels. Here training does the former, for its batch norm, and
prediction the latter, so that its time and multiply-accumulates depend on what is proposed.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from istdbench.methods.convolutional.networks.regions import apart, boxes_of, coverage, cut
from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.layers import conv_bn_relu, residual_stage

CELL, SIDE = 16, 10
"""Pixels to a cell, each way, and side of the box that a cell proposes at a logit of 0."""

SURE, OVERLAP = 0.2, 0.6
"""Confidence above which a box is a region, and what regions share at most, by area."""

REGIONS = 5
"""In training, and where no box is sure."""

SMALLEST, LARGEST = 5, 8
"""Half the side of a random region in training, pixels."""

BORDER = 4
"""Pixels of a box around the target in it."""

MARGIN = 8
"""Pixels around a region that its words are worked out with."""

WIDTHS = (64, 128, 256, 512, 512, 512)
"""Channels of the convolutions that words come from."""

WORD, HEADS, HIDDEN, LAYERS, DROPOUT = 512, 4, 1024, 4, 0.1

OUTSIDE = -104.0
"""Logit where no region is."""

PRIOR = 0.01
"""Confidence of a cell where training begins. With PyTorch's own, 0.5, every cell would be a region at first."""

Corners = list[tuple[int, int, int, int]]
Words = tuple[Tensor, Tensor]


class Proposals(nn.Module):
    """ResNet-18 as far as its third stage, and a box for each of its cells."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn_relu(1, 64, 7, stride=2, bias=False), nn.MaxPool2d(3, stride=2, padding=1))
        self.stages = nn.Sequential(
            residual_stage(64, 64, 2), residual_stage(64, 128, 2, stride=2), residual_stage(128, 256, 2, stride=2)
        )
        self.cells = nn.Conv2d(256, 5, 1)
        self.cells.get_parameter("bias").data[4] = math.log(PRIOR / (1 - PRIOR))

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 1, H, W) to boxes (B, cells, 5)."""
        return boxes_of(self.cells(self.stages(self.stem(image))), CELL, SIDE)


class Layer(nn.Module):
    """Attention among words, then two linear layers, each with a shortcut and a norm behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WORD, HEADS, dropout=DROPOUT, batch_first=True)
        self.mlp = nn.Sequential(
            nn.Linear(WORD, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(DROPOUT), nn.Linear(HIDDEN, WORD)
        )
        self.norms = nn.ModuleList([nn.LayerNorm(WORD), nn.LayerNorm(WORD)])
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, words: Tensor, places: Tensor) -> Tensor:
        """Words and p, both (1, N, WORD), to the same shape."""
        placed = words + places
        mixed, _ = self.attention(placed, placed, words, need_weights=False)
        words = self.norms[0](words + self.drop(mixed))
        return self.norms[1](words + self.drop(self.mlp(words)))


class IAANet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        self.proposals = Proposals()
        self.words = nn.Sequential(
            *(conv_bn_relu(a, b, bias=False) for a, b in pairwise((1, *WIDTHS))),
            nn.Conv2d(WIDTHS[-1], WORD, 1, bias=False),
        )
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.head = nn.Sequential(
            nn.Linear(WORD, WORD),
            nn.ReLU(inplace=True),
            nn.Linear(WORD, WORD),
            nn.ReLU(inplace=True),
            nn.Linear(WORD, 1),
        )
        for parameter in self.layers.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, 1, H, W) to logits (B, 1, H, W); in training mode beside them those of what all boxes cover.

        No gradient goes from the former to the boxes.
        """
        size = height, width = image.shape[-2:]
        boxes = self.proposals(image)
        found = [regions(cut(of_one, *size)) for of_one in boxes.detach()]
        if not self.training:
            words = [self._words_within(one, corners(of_one)) for one, of_one in zip(image, found, strict=True)]
            return torch.stack([self._drawn(*of_one, *size) for of_one in words])
        shown = [corners(with_random(of_one, *size)) for of_one in found]
        words = [words_at(one, of_one) for one, of_one in zip(self.words(image), shown, strict=True)]
        logits = torch.stack([self._drawn(*of_one, *size) for of_one in words])
        return Outputs(masks=(logits, coverage(boxes, height, width, BORDER)))

    def _words_within(self, image: Tensor, boxes: Corners) -> Words:
        """Pixels (N, 2) of an image (1, H, W) that lie in boxes, rows and columns, and their words (N, WORD)."""
        free = torch.ones(image.shape[-2:], dtype=torch.bool, device=image.device)
        pixels, words = [free.nonzero()[:0]], [image.new_empty(0, WORD)]
        for left, top, right, bottom in boxes:
            above, before = min(top, MARGIN), min(left, MARGIN)
            around = image[:, top - above : bottom + MARGIN, left - before : right + MARGIN]
            inside = self.words(around[None])[0, :, above : above + bottom - top, before : before + right - left]
            new = free[top:bottom, left:right].clone()
            free[top:bottom, left:right] = False
            pixels.append(new.nonzero() + torch.tensor([top, left], device=image.device))
            words.append(inside[:, new].mT)
        return torch.cat(pixels), torch.cat(words)

    def _drawn(self, pixels: Tensor, words: Tensor, height: int, width: int) -> Tensor:
        """The logits (1, H, W) of an image whose words these are."""
        logits = words.new_full((height, width), OUTSIDE)
        if not len(words):
            return logits[None]
        words, places = words[None], positions(pixels, height, width).to(words.dtype)[None]
        for layer in self.layers:
            words = layer(words, places)
        return logits.index_put(tuple(pixels.mT), self.head(words)[0, :, 0])[None]


def regions(boxes: Tensor) -> Tensor:
    """Of boxes (N, 5), those that are looked into."""
    sure = boxes[boxes[:, 4] > SURE]
    return _large(apart(sure, OVERLAP)) if len(sure) else _large(apart(boxes, OVERLAP))[:REGIONS]


def _large(boxes: Tensor) -> Tensor:
    """Boxes of a pixel or more, each way."""
    return boxes[((boxes[:, 2:4] - boxes[:, :2]) >= 1).all(1)]


def with_random(boxes: Tensor, height: int, width: int) -> Tensor:
    """At most five boxes (N, 5); random ones of confidence 0.5 in the place of those that are missing.

    The released code takes the number of boxes for the smallest half side of a random one, which is likely a slip:
    the function that it calls has 5, which is what stands here.
    """
    boxes = boxes[:REGIONS]
    count = REGIONS - len(boxes)
    centres = torch.stack(
        [LARGEST + torch.randint(max(side - 2 * LARGEST, 0) + 1, (count,)) for side in (width, height)], dim=1
    )
    halves = torch.randint(SMALLEST, LARGEST + 1, (count, 2))
    drawn = torch.cat([centres - halves, centres + halves, torch.full((count, 1), 0.5)], dim=1).to(boxes)
    return apart(torch.cat([boxes, cut(drawn, height, width)]), OVERLAP)


def corners(boxes: Tensor) -> Corners:
    """Left, top, right and bottom of boxes (N, 5) in whole pixels."""
    return [(left, top, right, bottom) for left, top, right, bottom in (boxes[:, :4] + 0.5).int().tolist()]


def words_at(words: Tensor, boxes: Corners) -> Words:
    """As `IAANet._words_within`, of words (WORD, H, W) that are there."""
    inside = torch.zeros(words.shape[-2:], dtype=torch.bool, device=words.device)
    for left, top, right, bottom in boxes:
        inside[top:bottom, left:right] = True
    return inside.nonzero(), words[:, inside].mT


def positions(pixels: Tensor, height: int, width: int) -> Tensor:
    """p of pixels (N, 2), rows and columns: (N, WORD), the row's half first, sine and cosine in turn.

    The released code counts pixels of the image that are not negative, which all are there; z-scores are.
    """
    sides = torch.tensor([height, width], device=pixels.device)
    turns = 2 * math.pi * (pixels + 1) / (sides + 1e-6)
    steps = torch.arange(WORD // 4, device=pixels.device)
    angles = turns[..., None] / 10000 ** (4 * steps / WORD)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
