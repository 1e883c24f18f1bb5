"""Scoring beside BasicIRSTD's and DNANet's semantics in scikit-image, and beside inference:
`python benchmarks/metrics.py`.

All score the same maps of 512 x 512 and are checked to agree. What is restated is how the released code works too:
labels and region properties by scikit-image, Python loops over pairs of regions, areas by histograms of the whole map.
Then how much of the time of a learned method's inference scoring takes; and how scoring, curves and breakdowns grow
with the map and its targets, which should be no faster than the pixels do. All take turns: quote the ratios, not the
times. OMP_NUM_THREADS=1 gives each one thread. With `--quick`, few images, some methods and smaller maps, in
under a minute.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from pipelines import race
from skimage.measure import label, regionprops
from tabulate import tabulate

from istdbench.audit.grids import NATIVE
from istdbench.audit.variants import DNANET
from istdbench.datasets.dataset import Dataset
from istdbench.methods.method import Learned
from istdbench.metrics import max_tree
from istdbench.metrics.breakdown import examine
from istdbench.metrics.counting import count_image
from istdbench.metrics.curves import Curves
from istdbench.metrics.stateful import ReferenceMetrics
from istdbench.registry import METHODS, build_dataset
from istdbench.spec import parse_spec

SIDE = 512
FALSE_REGIONS = (0, 10, 100)
OURS, BASIC, DNA, ELEVEN = "istdbench", "BasicIRSTD", "DNANet, one threshold", "DNANet, its 11 thresholds"
PIXELS_A_TARGET = 1600  # 10,000 targets in 4096 x 4096
Images = Sequence[tuple[np.ndarray, np.ndarray]]
Values = tuple[float, float, float]


def scenes(dataset: Dataset, count: int, false_regions: int) -> Images:
    """Score maps and masks: targets found a pixel aside, false regions of up to 5 x 5, noise below the threshold."""
    rng = np.random.default_rng(0)
    images = []
    for name in dataset.names(dataset.default_split, "test")[:count]:
        mask = cv2.resize(dataset.load(name).mask.astype(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST_EXACT)
        score = rng.random((SIDE, SIDE), dtype=np.float32) * 0.4
        score[np.roll(mask, 1, axis=1) > 0] = 0.9
        for row, column in rng.integers(0, SIDE - 5, (false_regions, 2)):
            height, width = rng.integers(1, 6, 2)
            score[row : row + height, column : column + width] = 0.8
        images.append((score, mask > 0))
    return images


def ours(images: Images) -> Values:
    """All nine reference metrics; IoU, Pd and Fa of them are compared."""
    metrics = ReferenceMetrics()
    for score, mask in images:
        metrics.update(score, mask)
    values = metrics.compute()
    return values["IoU"], values["Pd"], values["Fa"]


def histogram_iou(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Intersection and union by three histograms of one bin, as in both sources."""
    both = predicted * (predicted == truth)
    inside, got, wanted = (np.histogram(map_, bins=1, range=(1, 1))[0][0] for map_ in (both, predicted, truth))
    return np.array([inside, got + wanted - inside])


def matched_regions(targets: list, regions: list) -> list:
    """The regions that detect a target, which are taken out of `regions`."""
    matched = []
    for target in targets:
        for index, region in enumerate(regions):
            if np.linalg.norm(np.array(region.centroid) - np.array(target.centroid)) < 3:
                matched.append(region)
                del regions[index]
                break
    return matched


def basicirstd(images: Images) -> Values:
    """XinyiYing/BasicIRSTD metrics.py at 95650c3: matched regions are painted, the rest is false."""
    area, detected, targets, false, pixels = np.zeros(2), 0, 0, 0.0, 0
    for score, mask in images:
        predicted, truth = (score > 0.5).astype(np.int64), mask.astype(np.int64)
        area += histogram_iou(predicted.astype(np.float32), truth.astype(np.float32))
        regions, wanted = (regionprops(label(each, connectivity=2)) for each in (predicted, truth))
        painted = np.zeros(predicted.shape)
        matched = matched_regions(wanted, regions)
        for region in matched:
            painted[region.coords[:, 0], region.coords[:, 1]] = 1
        detected, targets = detected + len(matched), targets + len(wanted)
        false, pixels = false + (predicted - painted).sum(), pixels + mask.size
    return area[0] / area[1], detected / targets, false / pixels


def dnanet(images: Images, thresholds: int) -> Values:
    """YeRen123455/Infrared-Small-Target-Detection model/metric.py at 21584be: labels anew at each of its thresholds."""
    area, detected, targets, false = np.zeros(2), np.zeros(thresholds), np.zeros(thresholds), np.zeros(thresholds)
    for score, mask in images:
        truth, logits = mask.astype(np.int64), np.log(score) - np.log1p(-score)
        area += histogram_iou((logits > 0).astype(np.float32), truth.astype(np.float32))
        for step in range(thresholds):
            predicted = (logits > step * 25.5).astype(np.int64)
            regions, wanted = (regionprops(label(each, connectivity=2)) for each in (predicted, truth))
            areas = [region.area for region in regions]
            matched = [region.area for region in matched_regions(wanted, regions)]
            false[step] += np.sum([area for area in areas if area not in matched])
            detected[step] += len(matched)
            targets[step] += len(wanted)
    return area[0] / area[1], detected[0] / targets[0], false[0] / (len(images) * SIDE * SIDE)


def compare(dataset: Dataset, count: int, crowding: Sequence[int], budget: float) -> list[list[str]]:
    """A row for each crowding: our time an image, and how many times that the others take."""
    rows = []
    for false_regions in crowding:
        images = scenes(dataset, count, false_regions)
        contenders: dict[str, Callable[[], Values]] = {
            OURS: lambda images=images: ours(images),
            BASIC: lambda images=images: basicirstd(images),
            DNA: lambda images=images: dnanet(images, 1),
            ELEVEN: lambda images=images: dnanet(images, 11),
        }
        check(images, {name: call() for name, call in contenders.items()})
        times = race(contenders, budget=budget)
        ratios = [f"{times[name] / times[OURS]:.0f} x" for name in (BASIC, DNA, ELEVEN)]
        rows.append([str(false_regions), f"{times[OURS] / len(images) * 1e3:.2f} ms", *ratios])
    return rows


def check(images: Images, found: dict[str, Values]) -> None:
    """BasicIRSTD's values are ours; DNANet's are those of the audit's variant, on the grid that the maps have."""
    variant = replace(DNANET, grid=NATIVE)
    values = variant.values([variant.judge(score, mask) for score, mask in images])
    np.testing.assert_allclose(found[BASIC], found[OURS], rtol=1e-12)
    for name in (DNA, ELEVEN):
        np.testing.assert_allclose(found[name], [values[metric] for metric in ("IoU", "Pd", "Fa")], rtol=1e-12)


def share_of_inference(dataset: Dataset, side: int, limit: int | None, budget: float) -> list[list[str]]:
    """A row for each learned method, or the first: inference and scoring of one image, and scoring as a share."""
    [(score, mask)] = scenes(dataset, 1, 10)
    image = score[:side, :side], mask[:side, :side]
    rows = []
    for method in [one for one in METHODS.all() if isinstance(one, Learned)][:limit]:
        network = method.build(**method.resolve({})).eval()
        seen = torch.randn(1, method.in_channels, side, side)

        def predict(network: torch.nn.Module = network, seen: torch.Tensor = seen) -> torch.Tensor:
            with torch.inference_mode():
                return network(seen).sigmoid()

        times = race({"inference": predict, "scoring": lambda: ours([image])}, budget=budget)
        inference, scoring = times["inference"], times["scoring"]
        rows.append([method.name, f"{inference * 1e3:.1f} ms", f"{scoring * 1e3:.2f} ms", f"{scoring / inference:.1%}"])
    return sorted(rows, key=lambda row: float(row[1].split()[0]))


def crowded(side: int, targets: int, noise: str) -> tuple[np.ndarray, np.ndarray]:
    """A score map of noise, in which the targets are no brighter or stand out, and a mask of 3 x 3 targets."""
    rng = np.random.default_rng(0)
    mask = np.zeros((side, side), dtype=bool)
    for row, column in rng.integers(0, side - 3, (targets, 2)):
        mask[row : row + 3, column : column + 3] = True
    score = rng.random((side, side), dtype=np.float32)
    if noise == "8 bits":
        return np.floor(score * 255) / np.float32(255), mask
    return (np.where(np.roll(mask, 1, axis=1), 0.9, score / 4) if noise == "below the targets" else score), mask


def growth(sides: Sequence[int]) -> list[list[str]]:
    """A row for each kind of noise and number of targets, a column a side: microseconds of CPU a pixel."""
    verbs: dict[str, Callable[[np.ndarray, np.ndarray], object]] = {
        "count_image": count_image,
        "examine": lambda score, mask: examine(score, score, mask),
        "Curves.update": lambda score, mask: Curves().update(score, mask),
    }
    rows = []
    for noise in ("below the targets", "as the targets", "8 bits"):
        for name, call in verbs.items():
            cells = []
            for side in sides:
                for targets in (10, max(10, side * side // PIXELS_A_TARGET)):
                    score, mask = crowded(side, targets, noise)
                    start = time.process_time()
                    call(score, mask)
                    cells.append(f"{(time.process_time() - start) / mask.size * 1e6:.2f}")
            rows.append([noise, name, *cells])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--dataset", default=f"synth:size={SIDE}", help="whose masks; others are stretched to 512 x 512"
    )
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--dry", action="store_true", help="one tiny shape, one repeat: a check that the script runs")
    arguments = parser.parse_args()
    cv2.setNumThreads(torch.get_num_threads())
    dataset = build_dataset(parse_spec(arguments.dataset))
    count, crowding, methods, sides, budget = 16, FALSE_REGIONS, None, (256, 512, 1024, 2048, 4096), 4.0
    if arguments.quick:
        count, crowding, methods, sides, budget = 2, FALSE_REGIONS, 3, (256, 512), 0.1
    if arguments.dry:
        count, crowding, methods, sides, budget = 1, FALSE_REGIONS[:1], 1, (64,), 0.0
    headings = ["false regions an image", "istdbench, an image", BASIC, DNA, ELEVEN]
    print(f"{arguments.dataset}, {count} images, {torch.get_num_threads()} threads")
    print(tabulate(compare(dataset, count, crowding, budget), headings, tablefmt="github"))
    headings = ["method", "inference", "scoring", "share"]
    print(
        "\n" + tabulate(share_of_inference(dataset, min(SIDE, sides[-1]), methods, budget), headings, tablefmt="github")
    )
    print(f"\nmicroseconds of CPU a pixel; the max-tree by {'C' if max_tree.library() else 'scikit-image'}")
    headings = ["noise", "call", *(f"{side}: {targets}" for side in sides for targets in ("10 targets", "many"))]
    print(tabulate(growth(sides), headings, tablefmt="github"))


if __name__ == "__main__":
    main()
