"""`istdbench zoo list|add|rebuild`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, group, print_json, say_error, say_errors, say_kept, show_table
from istdbench.errors import IstdbenchError
from istdbench.registry import METRICS, REPORTERS
from istdbench.spec import parse_spec

if TYPE_CHECKING:
    from istdbench.committed.entry import Entry

app = group("Weights that come with the package: list them, add to them.")


@app.command("list")
def list_(as_json: options.AsJson = False) -> None:
    """List the weights of the zoo, and whether they are here.

    Those that are not are fetched when they are first used, from ISTDBENCH_MIRROR or the project's repository, and
    compared with their SHA-256.

    Example: istdbench zoo list
    """
    from istdbench.committed.entry import entries

    rows, problems = [], []
    for entry in entries():
        try:
            rows.append(_row(entry))
        except IstdbenchError as error:
            problems.append(str(error))
    if as_json:
        print_json(rows)
    else:
        headings = ("method", "data set", "protocol", "seed", "IoU", "precision", "MB", "SHA-256", "here")
        show_table(headings, map(_cells, rows), numbers=("seed", "IoU", "MB"))
    say_errors(problems)


@app.command()
def add(
    method: options.OneMethod,
    dataset: options.OneDataset,
    protocol: options.Protocol = None,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 0,
    because: Annotated[
        str | None,
        typer.Option(help="Where another training stands there: what this one is worth, for the card."),
    ] = None,
    out_folder: options.WrittenOut = options.OUT,
    device: options.Device = "cpu",
) -> None:
    """Put weights that `train` left here into the package, with record, learning curve and model card.

    They go in half precision, where that changes no metric on the test part by more than 0.2 %. The leaderboards get
    the record too. The zoo is changed in a checkout of the repository, not in an installed package.

    Example: istdbench zoo add mim_istd --dataset synth --protocol short512
    """
    from istdbench.committed.adding import add as add_entry
    from istdbench.reports.writing import write_reports

    job = (parse_spec(method), parse_spec(dataset), protocol, seed)
    outcome = add_entry(*job, out=out_folder, because=because, device=device, track=bar)
    for note in (outcome.error, *outcome.notes):
        if note:
            say_error(f"{outcome.job}: {note}")
    if outcome.record is None:
        raise typer.Exit(FAILED)
    write_reports(out_folder, REPORTERS.all(), METRICS.all())
    rebuild()


@app.command()
def rebuild() -> None:
    """Write the model cards, the index and the checksums again, from weights, records and learning curves.

    Example: istdbench zoo rebuild
    """
    from istdbench.committed.pages import write

    paths, problems = write()
    for path in paths:
        say_kept(path)
    say_errors(problems)


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    run = (row["method"], row["dataset"], row["protocol"], row["seed"])
    size = f"{row['bytes'] / 1e6:.1f}" if row["at_hand"] else ""
    here = "yes" if row["at_hand"] else "no"
    return *run, f"{row['metrics']['IoU']:.4f}", row["precision"] or "", size, row["sha256"][:12], here


def _row(entry: Entry) -> dict[str, Any]:
    """What the record says; that its hash is the file's, `istdbench leaderboard --check` proves.

    Of weights that are not here neither precision nor size is known.
    """
    record, at_hand = entry.record, entry.weights.is_file()
    if record.weights is None:
        raise IstdbenchError(f"{entry.folder}: its record is of no weights; train and add it again")
    return {
        "method": record.method.name,
        "dataset": record.dataset.name,
        "protocol": record.protocol.name,
        "seed": record.seed,
        "metrics": record.metrics.values,
        "precision": entry.precision if at_hand else None,
        "bytes": entry.size if at_hand else None,
        "sha256": record.weights.sha256,
        "folder": str(entry.folder),
        "weights": str(entry.weights),
        "at_hand": at_hand,
    }
