"""A viewer down to each image: its mask, each method's score map, and hits, misses and false alarms outlined.

The pictures of a published data set belong to those who made it. So by default only those are shown whose terms let
anyone publish them, and a site with others says that it is private.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.metrics.counts import FIELDS, to_table
from istdbench.metrics.regions import find_regions
from istdbench.progress import Track, silent
from istdbench.reports.html.gallery import image_iou
from istdbench.reports.html.pictures import around, outline, stretched
from istdbench.reports.visible import visible
from istdbench.site.frame import page
from istdbench.site.section import Asset, Page, Section
from istdbench.site.source import Source
from istdbench.site.viewer_galleries import Gallery, Seen, galleries
from istdbench.site.viewer_looks import Look, LookCollector, webp

FOLDER = "images"
Looks = Mapping[str, Look]
"""What one method did on each image, by its name."""


def viewer(maps: Path, *, private: bool = False, track: Track = silent) -> Section:
    """The section of images.

    Args:
        maps: as of `galleries`.
        private: also show data sets whose terms let nobody publish their images.
    """

    def make(source: Source) -> Iterator[Page | Asset]:
        found = list(galleries(source, maps))
        if not found:
            raise UsageError(
                f"--maps {maps}: holds score maps of no record under {source.folder}; `istdbench run` keeps them there "
                "if it is given the same --maps"
            )
        withheld = [each for each in found if not (private or each.dataset.publishable)]
        shown = [each for each in found if private or each.dataset.publishable]
        yield page(f"{FOLDER}/index.html", "Images", "viewer_index.html", shown=shown, withheld=withheld)
        for gallery in shown:
            yield from _parts(gallery, track)

    return Section("Images", make)


def _parts(gallery: Gallery, track: Track) -> Iterator[Page | Asset]:
    """The page of a gallery, and its files."""
    looks = [_looks(each, track) for each in gallery.seen]
    samples = []
    for number, name in enumerate(gallery.names):
        sample = gallery.dataset.load(name)
        samples.append(_summary(sample, [each[name] for each in looks]))
        yield from _files(f"{FOLDER}/{gallery.slug}/{number}", number, sample, [each[name] for each in looks])
    yield page(
        f"{FOLDER}/{gallery.slug}.html",
        f"Images: {gallery.title}",
        "viewer.html",
        scripts=["assets/viewer.js"],
        gallery=gallery,
        data={
            "folder": f"{gallery.slug}/",
            "methods": [visible(each.label) for each in gallery.seen],
            "images": samples,
        },
        differing=_differing(gallery, looks),
    )


def _looks(seen: Seen, track: Track) -> Looks:
    collector = LookCollector(seen.maps.threshold)
    seen.maps.show(collector, track=track, title=f"images: {seen.label} on {seen.maps.dataset.name}")
    return collector.by_name


def _files(stem: str, number: int, sample: Sample, looks: Sequence[Look]) -> Iterator[Asset]:
    """The pictures of an image, and the script that brings what is drawn over them."""
    targets = find_regions(sample.mask)
    drawn = {
        "truth": outline(targets.pixels, sample.mask.shape),
        "targets": [around(pixels, sample.mask.shape).view for pixels in targets.each()],
        "methods": [look.as_json() for look in looks],
    }
    yield Asset(f"{stem}.js", f"take({number}, {json.dumps(drawn, separators=(',', ':'))});\n".encode())
    yield Asset(f"{stem}.webp", webp(stretched(sample.image)))
    yield Asset(f"{stem}-mask.webp", webp(sample.mask.astype(np.uint8) * 255))
    for place, look in enumerate(looks):
        yield Asset(f"{stem}-{place}.webp", look.score_map)


def _summary(sample: Sample, looks: Sequence[Look]) -> dict[str, Any]:
    """What the list of images is sorted and chosen by, method by method."""
    counts = pd.DataFrame(to_table([look.counts for look in looks]), columns=list(FIELDS)).assign(name=sample.name)
    height, width = sample.mask.shape
    return {
        "name": visible(sample.name),
        "width": width,
        "height": height,
        "targets": int(counts["targets"].iloc[0]),
        "iou": [round(value, 4) for value in image_iou(counts)],
        "hits": counts["detected"].tolist(),
        "false": counts["false_regions"].tolist(),
    }


def _differing(gallery: Gallery, looks: Sequence[Looks]) -> dict[str, int]:
    """Row to the number of images whose counts are not those of its record, of the rows that have any."""
    found = {}
    for seen, by_name in zip(gallery.seen, looks, strict=True):
        table = gallery.shelf.store.per_image(seen.record).set_index("name")
        recorded = table.loc[list(gallery.names), list(FIELDS)].to_numpy()
        shown = to_table(by_name[name].counts for name in gallery.names)
        found[seen.label] = int((recorded != shown).any(axis=1).sum())
    return {label: count for label, count in found.items() if count}
