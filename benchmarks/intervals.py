"""How often a nominal 95 % interval holds the truth: plain bootstrap percentiles against BCa.

A committed table of per-image counts is taken as the whole world, whose value is known; sets of images are drawn from
it, and each gets both intervals. A good interval misses in 5 %, half on each side.

    python benchmarks/intervals.py leaderboards/records/irstd1k/short512/*.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from istdbench.metrics.declared import FA, IOU, NIOU, PD
from istdbench.statistics import count_table, wilson
from istdbench.statistics.bootstrap import bca
from istdbench.statistics.resampling import left_out_sums, ratio, resampled_sums

IMAGES, SETS, RESAMPLES = 86, 400, 2000
SHOWN = (IOU, NIOU, PD, FA)


def misses(terms: np.ndarray, kind: str) -> tuple[float, float]:
    """Shares of drawn sets whose interval lies wholly above and wholly below the truth."""
    rng, truth = np.random.default_rng(0), float(ratio(terms.sum(axis=0)))
    above = below = 0
    for _ in range(SETS):
        sample = terms[rng.integers(len(terms), size=IMAGES)]
        values = ratio(resampled_sums(sample, RESAMPLES))
        if kind == "wilson":
            ends = wilson(*sample.sum(axis=0))
        elif kind == "BCa":
            ends = bca(float(ratio(sample.sum(axis=0))), values, ratio(left_out_sums(sample)))
        else:
            ends = tuple(np.nanquantile(values, [0.025, 0.975]))
        above += ends is not None and ends[0] > truth
        below += ends is None or ends[1] < truth
    return above / SETS, below / SETS


def main(paths: list[str]) -> None:
    rows = []
    for path in map(Path, paths):
        table = count_table(pd.read_csv(path))
        for entry in SHOWN:
            for kind in ("percentile", "BCa", *(["wilson"] if entry.interval == "wilson" else [])):
                above, below = misses(entry.terms(table), kind)
                held = f"{1 - above - below:.3f}"
                rows.append((path.stem[:28], entry.name, kind, held, f"{above:.3f}", f"{below:.3f}"))
    columns = ["table", "metric", "interval", "holds the truth", "too high", "too low"]
    print(pd.DataFrame(rows, columns=columns).to_markdown(index=False, disable_numparse=True))


main(sys.argv[1:])
