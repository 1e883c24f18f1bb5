"""What is written from the zoo's entries: their model cards, the index and the checksums."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from istdbench.committed.cards import card
from istdbench.committed.entry import CARD, CURVE, RECORD, REPLACED, Entry, locked_zoo, sound_entries
from istdbench.files import atomic_write, sha256_bytes, sha256_file
from istdbench.jobs import zoo_files
from istdbench.jobs.zoo_files import CHECKSUMS, WEIGHTS
from istdbench.registry import METRICS
from istdbench.reports import cells, markdown
from istdbench.reports.board_table import HEADLINES

INDEX = "README.md"
LEGEND = f"""\
# The zoo

`istdbench run` finds these weights by method, data set, protocol and seed: in a checkout of the repository they are \
all here; an installed package brings those of `synth`, and fetches others once, by their SHA-256. Written by \
`istdbench zoo` from the entries' records; edits are lost. Figures are of the test part, on each image's native grid; \
the cards have their intervals, the data and their terms, the recipe, the learning curve and the limits. \
`sha256sum -c {CHECKSUMS}` in this folder checks every file."""


def pages(found: Sequence[Entry]) -> dict[Path, str]:
    """The text of every file that is written from the entries, by its path."""
    texts = {entry.folder / CARD: card(entry) for entry in found}
    texts[zoo_files.ZOO / INDEX] = _index(found)
    digests = {path: sha256_bytes(text.encode()) for path, text in texts.items()}
    digests |= {path: sha256_file(path) for path in sources(found)}
    by_name = {path.relative_to(zoo_files.ZOO).as_posix(): digest for path, digest in digests.items()}
    texts[zoo_files.ZOO / CHECKSUMS] = "".join(f"{by_name[name]}  {name}\n" for name in sorted(by_name))
    return texts


def sources(found: Sequence[Entry]) -> list[Path]:
    """The files that the entries consist of and nothing here writes."""
    kept = [entry.folder / name for entry in found for name in (WEIGHTS, RECORD, CURVE)]
    return kept + [path for entry in found if (path := entry.folder / REPLACED).is_file()]


def write() -> tuple[list[Path], list[str]]:
    """Write every card, the index and the checksums; returns their paths, and what is wrong with entries left out.

    Raises:
        IstdbenchError: a file could not be written.
    """
    with locked_zoo():
        found, broken = sound_entries()
        texts = pages(found)
        for path, text in texts.items():
            atomic_write(path, text)
    return list(texts), list(broken.values())


def _index(found: Sequence[Entry]) -> str:
    shown = METRICS.all()[:HEADLINES]
    rows = [
        {
            "method": markdown.link(entry.record.method.name, f"{entry.key}/{CARD}"),
            "data set": markdown.escaped(entry.record.dataset.name),
            "protocol": markdown.escaped(entry.record.protocol.name),
            "seed": str(entry.record.seed),
            **{markdown.escaped(cells.heading(m)): cells.metric(m, entry.record.metrics.value(m.name)) for m in shown},
            "precision": entry.precision,
            "MB": f"{entry.size / 1e6:.1f}",
            "SHA-256 of the weights": f"`{entry.sha256}`",
        }
        for entry in found
    ]
    table = markdown.table(list(rows[0]), [list(row.values()) for row in rows]) if rows else "It is empty."
    return f"{LEGEND}\n\n{table}\n"
