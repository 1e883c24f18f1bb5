"""Regions of an image that may hold a target, for networks that look closer there: boxes, and which of them to keep.

A box is (left, top, right, bottom, confidence), in pixels, with 0 at the image's upper left corner.
"""

from __future__ import annotations

import torch
from torch import Tensor


def boxes_of(cells: Tensor, stride: int, side: int) -> Tensor:
    """Boxes that cells propose, (B, h x w, 5), not cut at the image.

    A cell places its box within a cell of its own centre, at up to four times `side`.

    Args:
        cells: (B, 5, h, w), logits of column, row, width, height and confidence.
        stride: pixels to a cell, each way.
        side: of a box at a logit of 0, pixels.

    Source: YOLOv5 (ultralytics), whose arithmetic the released code of IAANet has.
    """
    height, width = cells.shape[-2:]
    shares = cells.sigmoid().flatten(2).mT
    rows, columns = torch.meshgrid(
        torch.arange(height, device=cells.device), torch.arange(width, device=cells.device), indexing="ij"
    )
    places = torch.stack([columns, rows], dim=-1).flatten(0, 1)
    centres = (2 * shares[..., :2] - 0.5 + places) * stride
    halves = (2 * shares[..., 2:4]).square() * side / 2
    return torch.cat([centres - halves, centres + halves, shares[..., 4:]], dim=-1)


def cut(boxes: Tensor, height: int, width: int) -> Tensor:
    """Boxes (..., 5) without what lies beyond the image."""
    across, down = boxes[..., 0:4:2].clamp(0, width), boxes[..., 1:4:2].clamp(0, height)
    corners = torch.stack([across, down], dim=-1).flatten(-2)
    return torch.cat([corners, boxes[..., 4:]], dim=-1)


def apart(boxes: Tensor, overlap: float) -> Tensor:
    """Of boxes (N, 5), the surest ones that overlap no surer one that is kept: (M, 5), the surest first.

    Args:
        overlap: area in common over area together, above which a box is left out.
    """
    rest, kept = boxes[boxes[:, 4].argsort(descending=True, stable=True)], []
    while len(rest):
        first, rest = rest[0], rest[1:]
        kept.append(first)
        rest = rest[~(_overlaps(first, rest) > overlap)]
    return torch.stack(kept) if kept else boxes


def _overlaps(box: Tensor, others: Tensor) -> Tensor:
    """Area in common over area together of a box (5,) and each of the others (N, 5)."""
    corner = torch.minimum(box[2:4], others[:, 2:4]) - torch.maximum(box[:2], others[:, :2])
    common = corner.clamp(min=0).prod(-1)
    return common / (_area(box) + _area(others) - common)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:4] - boxes[..., :2]).prod(-1)


def coverage(boxes: Tensor, height: int, width: int, border: float) -> Tensor:
    """Logits (B, 1, H, W) of a pixel's lying in a box, by the boxes' confidences: through them boxes can learn.

    With S the sum of all boxes, each of its confidence, and with an edge that falls off within a pixel or so, the
    probability is 1 - exp(-S).

    Args:
        boxes: (B, N, 5), not cut.
        border: pixels of a box all around that do not count.
    """
    left, top, right, bottom, confidence = boxes.unsqueeze(1).unbind(-1)
    x, y = (torch.arange(side, device=boxes.device)[:, None] + 0.5 for side in (width, height))
    across = (x - left - border).sigmoid() * (right - border - x).sigmoid()
    down = (y - top - border).sigmoid() * (bottom - border - y).sigmoid()
    total = (down * confidence) @ across.mT
    return total.clamp(min=1e-8).expm1().log()[:, None]
