"""A site of a part of the committed leaderboards, with a row whose names mean to harm."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from parsed_page import Element, Page
from results.sample_records import given_by, make_record, table_of

from istdbench.registry import METRICS
from istdbench.results import RECORDS, Store
from istdbench.results.limit_point import LimitPoint
from istdbench.results.limit_record import LimitRecord, save_limits
from istdbench.site.building import build
from istdbench.site.sections import SECTIONS
from istdbench.site.source import Source

COMMITTED = Path(__file__).parents[2] / "leaderboards"
PARTS = (f"{RECORDS}/nuaa", f"{RECORDS}/synth", "claims", "efficiency", f"ablations/{RECORDS}/nuaa/trial")
HOSTILE = "evil:of=<script>alert(1)</script>"


@dataclass
class Built:
    """A site, and the leaderboards that it was made from."""

    folder: Path
    leaderboards: Path

    def page(self, path: str) -> Element:
        return Page((self.folder / path).read_text(encoding="utf-8")).root

    @property
    def pages(self) -> list[str]:
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.html"))


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Built:
    folder = tmp_path_factory.mktemp("site")
    leaderboards = folder / "leaderboards"
    for part in PARTS:
        shutil.copytree(COMMITTED / part, leaderboards / part)
    record = make_record(HOSTILE, name="folder:<b>bold</b>", protocol="native", images=4)
    record = record.model_copy(update={"method": record.method.model_copy(update={"paper": "<img src=x onerror=x>"})})
    table = table_of(record).assign(name=["<i>0", "1", "2", "3"])
    Store(leaderboards / RECORDS).save(given_by(record, table), table)
    save_limits(limits_of(HOSTILE), leaderboards)
    build(Source(leaderboards, METRICS.all()), SECTIONS, folder / "out")
    return Built(folder / "out", leaderboards)


def limits_of(method: str) -> LimitRecord:
    record = make_record(method)
    points = (LimitPoint(method, 1.0, 1.5, 0.5, 40, 10, 1e-5), LimitPoint(method, 4.0, 1.5, 0.5, 40, 40, 0.0, "0" * 64))
    return LimitRecord(
        method=method,
        options=record.method.options,
        dataset="synth",
        protocol=record.protocol,
        fa=1e-5,
        seed=0,
        points=points,
        provenance=record.provenance,
    )
