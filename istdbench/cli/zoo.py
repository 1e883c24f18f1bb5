"""`istdbench zoo list|add|rebuild`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from istdbench.cli import options
from istdbench.cli.console import FAILED, bar, out, print_json, say_error
from istdbench.spec import parse_spec

if TYPE_CHECKING:
    from istdbench.engine.zoo import Entry

app = typer.Typer(no_args_is_help=True, help="Weights that come with the package: list them, add to them.")


@app.command("list")
def list_(as_json: options.AsJson = False) -> None:
    """List the weights that come with the package.

    Example: [bold]istdbench zoo list[/bold]
    """
    from istdbench.engine.zoo import entries

    found = entries()
    if as_json:
        print_json([_row(entry) for entry in found])
        return
    table = Table("method", "data set", "protocol", "seed", "IoU", "precision", "MB", "SHA-256")
    for entry in found:
        record = entry.record
        names = (record.method.name, record.dataset.name, record.protocol.name, str(record.seed))
        iou = f"{record.metrics.value('IoU'):.4f}"
        table.add_row(*names, iou, entry.precision, f"{entry.size / 1e6:.1f}", entry.sha256[:12])
    out.print(table)


@app.command()
def add(
    method: Annotated[str, typer.Argument(help="A learned method; options as NAME:key=value.")],
    dataset: options.OneDataset,
    protocol: options.Protocol = None,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 0,
    out_folder: options.Out = Path("leaderboards"),
    device: options.Device = "cpu",
) -> None:
    """Put weights that `train` left here into the package, with record, learning curve and model card.

    They go in half precision, where that changes no metric on the test part by more than 0.2 %. The leaderboards get
    the record too.

    Example: [bold]istdbench zoo add mim_istd --dataset synth --protocol short512[/bold]
    """
    from istdbench.engine import zoo
    from istdbench.engine.run import write_reports

    outcome = zoo.add(parse_spec(method), parse_spec(dataset), protocol, seed, out=out_folder, device=device, track=bar)
    for note in (outcome.error, *outcome.notes):
        if note:
            say_error(f"{outcome.job}: {note}")
    if outcome.record is None:
        raise typer.Exit(FAILED)
    write_reports(out_folder)
    rebuild()


@app.command()
def rebuild() -> None:
    """Write the model cards, the index and the checksums again, from weights, records and learning curves.

    Example: [bold]istdbench zoo rebuild[/bold]
    """
    from istdbench.reports.zoo import write

    for path in write():
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)


def _row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "method": record.method.name,
        "dataset": record.dataset.name,
        "protocol": record.protocol.name,
        "seed": record.seed,
        "metrics": record.metrics.values,
        "precision": entry.precision,
        "bytes": entry.size,
        "sha256": entry.sha256,
        "folder": str(entry.folder),
    }
