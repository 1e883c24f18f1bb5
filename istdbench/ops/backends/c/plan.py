"""How a scan of some sizes is cut for the threads."""

from __future__ import annotations

from functools import lru_cache

from istdbench.ops.backends.c import library

STEPS = 16  # of a block of csrc/scan.h, the least piece of a sequence
CHUNKS = 32  # the batch is cut into at most so many, for the gradients that are summed over it
SMALL = 2**15  # exponentials, some 10 us of work: fewer are not worth waking a second thread


class Plan:
    """How a scan of these sizes is cut. It depends on no tensor, so it is made once for all calls of a network.

    Attributes:
        threads: that the scan is worth, of those available.
        variant: the SIMD variant of csrc/scan.c.
        scratch: floats that `scan_prepare` of csrc/shared.c writes.
        spreads: whether images and vectors are too few for the threads, see csrc/scan.c.
        chunks: runs of images whose gradients of what they share are added up together.
        parts: runs of channels whose gradients of proj are added up together. It is one, or one a vector: in both, what
            is added in which order is the same, so that the number of threads does not change a bit.
        pieces: of the sequence that run side by side where the scan is spread.
        state_shape: of the states between the pieces.
        start_shape: of the states before each block, of each thread.
    """

    def __init__(
        self, batch: int, length: int, orders: int, channels: int, states: int, rank: int, variant: int, available: int
    ) -> None:
        self.threads = threads = 1 if batch * orders * length * channels * states <= SMALL else available
        self.variant, lanes = variant, library.load().scan_lanes(variant)
        vectors, blocks = -(-channels // lanes), -(-length // STEPS)
        self.scratch = orders * (rank + states) * channels + -(-orders * length // 4)
        self.spreads = 0 < batch * vectors < threads
        self.pieces = min(blocks, -(-threads // (batch * vectors * orders))) if self.spreads else 1
        self.chunks = batch * self.pieces if self.spreads else min(batch, CHUNKS)
        together = not self.spreads and (threads == 1 or self.chunks >= CHUNKS // 2)
        self.parts = 1 if together else vectors
        self.state_shape = orders, batch * vectors, self.pieces, states + 1, lanes
        self.start_shape = threads, blocks, states, lanes


plan_of = lru_cache(maxsize=512)(Plan)
