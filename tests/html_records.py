"""Records of two methods on the scenes, and the report of them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from parsed_page import Element, Page

METHODS = ("tophat", "mpcm")


@dataclass
class Made:
    """A working folder with records and a report of them."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "report.html"

    @property
    def html(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def page(self) -> Element:
        return Page(self.html).root

    def records(self) -> dict[str, dict]:
        """By the method's name."""
        found = [json.loads(path.read_text()) for path in (self.folder / "leaderboards").rglob("*.json")]
        return {record["method"]["name"]: record for record in found}

    def images(self, method: str) -> dict[str, dict[str, int]]:
        """Counts of each image, as the record has them."""
        [path] = (self.folder / "leaderboards").rglob(f"{method}-*.csv")
        with path.open() as file:
            return {row.pop("name"): {key: int(count) for key, count in row.items()} for row in csv.DictReader(file)}


def table_after(page: Element, caption: str) -> list[list[str]]:
    """The rows of the one table with these words in its caption, the head among them, as text."""
    [table] = [table for table in page.all("table") if any(caption in each.text for each in table.all("caption"))]
    return [[cell.text for cell in row.children if isinstance(cell, Element)] for row in table.all("tr")]
