"""Label evolution one pixel after the other, restated from the paper's equations and the released code's order."""

import math

NEIGHBOURS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


def regions(pixels):
    """Groups of pixels (row, column) that touch, corners included."""
    left, found = set(pixels), []
    for first in sorted(pixels):
        if first not in left:
            continue
        group, waiting = [], [first]
        left.discard(first)
        while waiting:
            y, x = waiting.pop()
            group.append((y, x))
            near = {(y + dy, x + dx) for dy, dx in NEIGHBOURS} & left
            left -= near
            waiting += near
        found.append(group)
    return found


def slowly_evolved(label, score, points, base=0.5, growth=0.5):
    """The label after an update; all are lists of rows, and points are pairs of row and column."""
    height, width = len(label), len(label[0])
    everywhere = [(y, x) for y in range(height) for x in range(width)]
    new = [list(row) for row in label]
    for region in regions({(y, x) for y, x in everywhere if label[y][x] > 0.5}):
        cy, cx = (math.floor(sum(axis) / len(region)) for axis in zip(*region, strict=True))
        square = [(y, x) for y, x in everywhere if max(abs(y - cy), abs(x - cx)) <= 16]
        most = max(score[y][x] for y, x in square)
        threshold = most * base + growth * (most - most * base) * len(region) / (0.0015 * height * width)
        candidates = regions({(y, x) for y, x in square if score[y][x] > threshold})
        if len(candidates) > 1:
            candidates = [each for each in candidates if any(max(abs(y - cy), abs(x - cx)) <= 1 for y, x in each)]
        for y, x in (pixel for each in candidates for pixel in each):
            new[y][x] = (new[y][x] + score[y][x]) / 2
    for y, x in points:
        new[y][x] = 1.0
    return new
