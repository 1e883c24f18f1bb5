"""How often a nominal 95 % interval holds the truth, by the number of images: `python benchmarks/intervals.py`.

A committed table of per-image counts is taken as the whole world, whose value is known; sets of images are drawn from
it with replacement, and each gets its intervals. Without paths, the worlds are the tables of `leaderboards/records`.

- "shown" is the interval that records hold: BCa, and Wilson for Pd. The others are what was tried beside it: plain
  percentiles; percentiles widened for few images (Hesterberg 2015, Section 3.2); Student's t and the bootstrap's t of
  the linearised ratio, on the logit scale and for Fa on the log scale.
- A cell is the mean over the worlds, and the lowest of any. A set without any interval, since all its images give the
  same value, is left out, and its share stands in a column.
- The second table is the shown interval by how many images of a set carry the metric: have a part that is not 0. From
  it comes `FEW` of istdbench/statistics/coverage.py, by the rule that `fewest` states.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.special import expit, stdtrit

from istdbench.metrics.declared import FA, IOU, NIOU, PD
from istdbench.metrics.metric import Metric
from istdbench.statistics import Interval, count_table, interval, wilson
from istdbench.statistics.bootstrap import bca
from istdbench.statistics.resampling import RESAMPLES, left_out_sums, ratio, resampled_sums

RECORDS = Path(__file__).parents[1] / "leaderboards" / "records"
SHOWN = (IOU, NIOU, PD, FA)
SIZES = (10, 20, 30, 43, 86, 201)
CARRIERS = [0, 1, 5, 10, 15, 20, 25, 30, 35, 40, 50, 70, 100, 150, 1000]
"""Where the rows of the second table start."""
ENOUGH = 0.90
"""The share of sets that an interval must hold the truth in, not to be marked as one of few images: it then fails at
most twice as often as it says."""
LOW, HIGH = 0.025, 0.975


def found_intervals(terms: np.ndarray, entry: Metric, weights: np.ndarray) -> dict[str, Interval | None]:
    """Every interval of one set by its name, from parts and wholes (n, 2) and weights (resamples, n)."""
    part, whole = terms.T
    squares = np.stack([part, whole, part * part, part * whole, whole * whole], axis=1)
    drawn, here = weights @ squares, squares.sum(axis=0)
    observed, values = float(ratio(here[:2])), ratio(drawn[:, :2])
    shown = wilson(*here[:2]) if entry.interval == "wilson" else bca(observed, values, ratio(left_out_sums(terms)))
    if not np.isfinite(values).any() or np.nanmin(values) == np.nanmax(values):
        return {"shown": shown}
    images = len(terms)
    tail = NormalDist().cdf(stdtrit(images - 1, LOW) * np.sqrt(images / (images - 1)))
    return {
        "shown": shown,
        "percentile": _ends(np.nanquantile(values, [LOW, HIGH])),
        "widened percentile": _ends(np.nanquantile(values, [tail, 1 - tail])),
        **_by_deviation(here, drawn, images, on_log=entry is FA),
    }


def _by_deviation(here: np.ndarray, drawn: np.ndarray, images: int, on_log: bool) -> dict[str, Interval | None]:
    with np.errstate(all="ignore"):
        centre, deviation = _linearised(here, images, on_log)
        centres, deviations = _linearised(drawn, images, on_log)
        pivots = (centres - centre) / deviations
    pivots = pivots[np.isfinite(pivots)]
    if not np.isfinite(centre) or not deviation > 0 or not pivots.size:
        return {}

    def ends(quantiles: np.ndarray) -> Interval:
        scaled = centre + deviation * quantiles
        return _ends(np.exp(scaled) if on_log else expit(scaled))

    low, high = np.quantile(pivots, [LOW, HIGH])
    return {"t": ends(stdtrit(images - 1, [LOW, HIGH])), "bootstrap t": ends(np.array([-high, -low]))}


def _linearised(sums: np.ndarray, images: int, on_log: bool) -> tuple[np.ndarray, np.ndarray]:
    """A ratio on its scale, and its standard deviation there by the delta method, from sums (..., 5)."""
    part, whole, part2, both, whole2 = np.moveaxis(sums, -1, 0)
    value = part / whole
    variance = np.maximum(part2 - 2 * value * both + value * value * whole2, 0) * images / (images - 1) / whole**2
    slope = 1 / value if on_log else 1 / (value * (1 - value))
    return np.log(value) if on_log else np.log(value / (1 - value)), np.sqrt(variance) * slope


def _ends(pair: Sequence[float] | np.ndarray) -> Interval:
    return float(pair[0]), float(pair[1])


def drawn_weights(images: int, resamples: int) -> np.ndarray:
    """How often each image is in each of the package's bootstrap samples, (resamples, images)."""
    return resampled_sums(np.eye(images), resamples)


def check(path: Path, images: int) -> None:
    """What is measured as "shown" is what records hold."""
    table = count_table(pd.read_csv(path))[:images]
    for entry in SHOWN:
        terms = entry.terms(table)
        shown = found_intervals(terms, entry, drawn_weights(len(terms), RESAMPLES))["shown"]
        held = interval(terms, entry.interval)
        np.testing.assert_allclose(shown or (), held or (), rtol=1e-9, err_msg=entry.name)


def simulate(world: int, path: Path, sizes: Sequence[int], sets: int, resamples: int) -> list[dict[str, object]]:
    """A row for each set of images and each of its intervals. Each world draws sets of its own."""
    rows: list[dict[str, object]] = []
    table = count_table(pd.read_csv(path))
    for images in sizes:
        rng = np.random.default_rng([world, images])
        weights = drawn_weights(images, resamples)
        for chosen in rng.integers(len(table), size=(sets, images)):
            for entry in SHOWN:
                whole = entry.terms(table)
                truth, terms = float(ratio(whole.sum(axis=0))), whole[chosen]
                about = {"world": path.stem, "metric": entry.name, "images": images}
                about["carriers"] = int(np.count_nonzero(terms[:, 0]))
                for kind, ends in found_intervals(terms, entry, weights).items():
                    held = ends is not None and ends[0] <= truth <= ends[1]
                    rows.append({**about, "interval": kind, "given": ends is not None, "held": held})
    return rows


def by_images(rows: pd.DataFrame) -> pd.DataFrame:
    """Coverage of each kind of interval, a row a metric and number of images."""
    each = rows[rows.given].groupby(["metric", "images", "interval", "world"]).held.mean().unstack("world")
    cells = each.mean(axis=1).map("{:.1%}".format) + ", " + each.min(axis=1).map("{:.0%}".format)
    wide = cells.unstack("interval")
    wide["without"] = (
        1 - rows[rows.interval == "shown"].groupby(["metric", "images"]).given.mean().reindex(wide.index)
    ).map("{:.0%}".format)
    return wide.reset_index()


def by_carriers(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of sets that the shown interval held in and their number, a row a metric and number of images carrying it.

    Sets of all worlds and sizes are one; a row starts at `carriers` and ends before the next.
    """
    shown = rows[rows.given & (rows.interval == "shown")]
    starts = pd.cut(shown.carriers, CARRIERS, right=False, labels=CARRIERS[:-1]).astype(int)
    return shown.groupby(["metric", starts]).held.agg(["mean", "size"]).reset_index()


def fewest(carried: pd.DataFrame) -> dict[str, int | None]:
    """For each bootstrap interval, from how many images on it held the truth in `ENOUGH` of sets, in every row.

    None where the last row is short.
    """
    found: dict[str, int | None] = {}
    for entry in SHOWN:
        if entry.interval == "bootstrap":
            mine = carried[carried.metric == entry.name]
            short = mine.carriers[mine["mean"] < ENOUGH].max()
            found[entry.name] = next((start for start in mine.carriers if not start <= short), None)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", type=Path, help="per-image tables (CSV)")
    parser.add_argument("--sets", type=int, default=150, help="that are drawn of each world and size")
    parser.add_argument("--dry", action="store_true", help="one world, one set: a check that the script runs")
    options = parser.parse_args()
    tables, sizes, sets, resamples = options.tables or sorted(RECORDS.glob("*/*/*.csv")), SIZES, options.sets, 2000
    if options.dry:
        tables, sizes, sets, resamples = tables[:1], SIZES[:1], 1, 50
    check(tables[0], sizes[-1])
    rows = pd.DataFrame([row for each in enumerate(tables) for row in simulate(*each, sizes, sets, resamples)])
    print(f"{len(tables)} worlds, {sets} sets of each size, {resamples} resamples\n")
    carried = by_carriers(rows)
    cells = carried["mean"].map("{:.1%}".format) + " of " + carried["size"].astype(str)
    wide = cells.groupby([carried.carriers, carried.metric]).first().unstack("metric", fill_value="").reset_index()
    for table in (by_images(rows), wide.rename(columns={"carriers": "carried by at least"})):
        print(table.to_markdown(index=False, disable_numparse=True) + "\n")
    print(f"FEW: {fewest(carried)}")


if __name__ == "__main__":
    main()
