"""`istdbench reproduce`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import completion, options
from istdbench.cli.console import bar, group, say_errors, say_kept
from istdbench.cli.formats import AsFormat, Format, chosen, print_tables
from istdbench.files import atomic_write
from istdbench.registry import METHODS, METRICS
from istdbench.reports.figures import write_both
from istdbench.spec import parse_specs

if TYPE_CHECKING:
    from istdbench.metrics import Metric
    from istdbench.paper.view import View
    from istdbench.reports.rows import Row
    from istdbench.results import Record, Store

app = group("The tables and figures of the MiM-ISTD paper, published beside measured.")

PAPER = Path("paper")
Paper = Annotated[Path, typer.Option("--out", help="Folder to write into.", callback=options.writable_folder)]
RecordsProtocol = Annotated[
    str | None,
    typer.Option(help="Protocol of the records.", show_default="the newest", autocompletion=completion.protocols),
]


@app.command()
def table1(
    out_folder: Paper = PAPER,
    records: options.Records = options.RECORDS,
    form: AsFormat = None,
    as_json: options.AsJson = False,
) -> None:
    """Accuracy on NUAA-SIRST and IRSTD-1k. With --format it is printed, and nothing is written.

    Example: istdbench reproduce table1 --out paper
    """
    from istdbench.paper.accuracy import table1 as view

    _show_accuracy(view, records, out_folder / "table1.md", chosen(form, as_json))


@app.command()
def table2(
    measure: Annotated[bool, typer.Option("--measure", help="Measure here, now; else what is kept.")] = False,
    device: options.Device = "cpu",
    out_folder: Paper = PAPER,
    costs: Annotated[
        Path, typer.Option("--costs", help="Folder that `istdbench probe --out` kept costs in.")
    ] = options.OUT,
    form: AsFormat = None,
    as_json: options.AsJson = False,
) -> None:
    """Parameters and FLOPs at 512 x 512, as the paper counts them and in truth, with latency and memory.

    With --format it is printed, and nothing is written.

    Example: istdbench reproduce table2 --measure
    """
    form = chosen(form, as_json)

    from istdbench.paper.table2 import measured
    from istdbench.paper.table2 import table2 as view
    from istdbench.results.cost import load_costs

    found = measured(device, bar) if measure else load_costs(costs)
    _show(view(found), out_folder / "table2.md", form)
    if measure:
        say_errors([note for record in found for note in record.notes])


@app.command()
def table3(
    out_folder: Paper = PAPER,
    records: options.Records = options.RECORDS,
    form: AsFormat = None,
    as_json: options.AsJson = False,
) -> None:
    """Ablation of the inner Mamba on NUAA-SIRST. With --format it is printed, and nothing is written.

    Example: istdbench reproduce table3 --out paper
    """
    from istdbench.paper.accuracy import table3 as view

    _show_accuracy(view, records, out_folder / "table3.md", chosen(form, as_json))


@app.command()
def fig1(
    methods: options.Methods = "mim_istd,baseline",
    sizes: Annotated[str, typer.Option(help="Sides of the square images, pixels.")] = "256,512,1024,2048",
    device: options.Device = "cpu",
    out_folder: Paper = PAPER,
) -> None:
    """Latency and peak memory against image side, measured here.

    Example: istdbench reproduce fig1 --methods mim_istd,baseline --sizes 256,512,1024
    """
    from istdbench.paper.fig1 import CAPTION
    from istdbench.paper.fig1 import fig1 as draw

    sides = options.numbers("--sizes", sizes, int)
    paths, points = draw(parse_specs(methods), out_folder, sides, device, bar)
    _say(paths, CAPTION)
    say_errors([failure for point in points for failure in point.errors])


@app.command()
def fig5(
    methods: options.Methods = "mim_istd,baseline,conv_inner",
    dataset: options.OneDataset = "nuaa",
    protocol: RecordsProtocol = None,
    images: Annotated[
        str | None, typer.Option(help="Test images, comma-separated.", show_default="where methods differ most")
    ] = None,
    out_folder: Paper = PAPER,
    records: options.Records = options.RECORDS,
) -> None:
    """Test images, their masks and what methods predict, with hits, misses and false alarms outlined.

    Example: istdbench reproduce fig5 --methods mim_istd,mpcm --dataset synth
    """
    from istdbench.paper.fig5 import CAPTION
    from istdbench.paper.fig5 import fig5 as draw

    store, rows = _chosen(records, dataset, methods, protocol)
    figure = draw(rows, store, images.split(",") if images else ())
    _say(write_both(figure, out_folder, "fig5"), CAPTION)


@app.command()
def fig6(
    methods: options.Methods = "mim_istd,baseline",
    dataset: options.OneDataset = "nuaa",
    protocol: RecordsProtocol = None,
    image: Annotated[str | None, typer.Option(help="Test image to show.", show_default="the first")] = None,
    out_folder: Paper = PAPER,
    records: options.Records = options.RECORDS,
) -> None:
    """Feature maps of the encoder's stages, and t-SNE of their cells with and without a target.

    Example: istdbench reproduce fig6 --methods mim_istd,baseline --dataset synth
    """
    from istdbench.paper.fig6 import CAPTION
    from istdbench.paper.fig6 import fig6 as draw

    _, rows = _chosen(records, dataset, methods, protocol)
    _say(write_both(draw(rows, image, bar), out_folder, "fig6"), CAPTION)


def _chosen(records: Path, dataset: str, methods: str, protocol: str | None) -> tuple[Store, list[Row]]:
    """The store in a folder, and the row of each method that a figure is drawn from."""
    from istdbench.paper.chosen import rows_of
    from istdbench.results import Store

    store = Store(records)
    named = [str(METHODS.get(spec.name).shortest(spec)) for spec in parse_specs(methods)]
    return store, rows_of(store, METRICS.all(), dataset, named, protocol)


def _show_accuracy(
    view: Callable[[Sequence[Record], Sequence[Metric]], View], records: Path, path: Path, form: Format | None
) -> None:
    from istdbench.results import Store

    _show(view(Store(records).load_all(), METRICS.all()), path, form)


def _show(view: View, path: Path, form: Format | None) -> None:
    if form is not None:
        print_tables(view.tables, form)
        return
    atomic_write(path, view.markdown)
    say_kept(view.printed)
    _say([path])


def _say(paths: list[Path], caption: str = "") -> None:
    for path in paths:
        say_kept(path)
    if caption:
        say_kept(f"\n{caption}")
