"""`istdbench reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, out, say_errors
from istdbench.spec import parse_specs

if TYPE_CHECKING:
    from istdbench.reports.paper.view import View

app = typer.Typer(
    no_args_is_help=True,
    help="The tables and figures of the MiM-ISTD paper, published beside measured.",
    rich_markup_mode="rich",
)

Out = Annotated[Path, typer.Option("--out", help="Folder to write into.")]
Records = Annotated[Path, typer.Option("--records", help="Folder of the records.")]
OUT, RECORDS, LEADERBOARDS = Path("paper"), Path("leaderboards/records"), Path("leaderboards")


@app.command()
def table1(out_folder: Out = OUT, records: Records = RECORDS) -> None:
    """Accuracy on NUAA-SIRST and IRSTD-1k.

    Example: [bold]istdbench reproduce table1 --out paper[/bold]
    """
    from istdbench.registry import METRICS
    from istdbench.reports.paper.table1 import table1 as view
    from istdbench.results import Store

    _show(view(Store(records).load_all(), METRICS.all()), out_folder / "table1.md")


@app.command()
def table2(
    measure: Annotated[bool, typer.Option("--measure", help="Measure here, now; else what is kept.")] = False,
    device: options.Device = "cpu",
    out_folder: Out = OUT,
    costs: Annotated[
        Path, typer.Option("--costs", help="Folder that `istdbench probe --out` kept costs in.")
    ] = LEADERBOARDS,
) -> None:
    """Parameters and FLOPs at 512 x 512, as the paper counts them and in truth, with latency and memory.

    Example: [bold]istdbench reproduce table2 --measure[/bold]
    """
    from istdbench.reports.paper.table2 import measured
    from istdbench.reports.paper.table2 import table2 as view
    from istdbench.results.cost import load_costs

    found = measured(device, bar) if measure else load_costs(costs)
    _show(view(found), out_folder / "table2.md")
    if measure:
        say_errors([note for record in found for note in record.notes])


@app.command()
def table3(out_folder: Out = OUT, records: Records = RECORDS) -> None:
    """Ablation of the inner Mamba on NUAA-SIRST.

    Example: [bold]istdbench reproduce table3 --out paper[/bold]
    """
    from istdbench.registry import METRICS
    from istdbench.reports.paper.table3 import table3 as view
    from istdbench.results import Store

    _show(view(Store(records).load_all(), METRICS.all()), out_folder / "table3.md")


@app.command()
def fig1(
    methods: options.Methods = "mim_istd,baseline",
    sizes: Annotated[str, typer.Option(help="Sides of the square images, pixels.")] = "256,512,1024,2048",
    device: options.Device = "cpu",
    out_folder: Out = OUT,
) -> None:
    """Latency and peak memory against image side, measured here.

    Example: [bold]istdbench reproduce fig1 --methods mim_istd,baseline --sizes 256,512,1024[/bold]
    """
    from istdbench.reports.paper.fig1 import CAPTION
    from istdbench.reports.paper.fig1 import fig1 as draw

    sides = options.numbers("--sizes", sizes, int)
    paths, points = draw(parse_specs(methods), out_folder, sides, device, bar)
    _say(paths, CAPTION)
    say_errors([failure for point in points for failure in point.errors])


@app.command()
def fig5(
    methods: options.Methods = "mim_istd,baseline,conv_inner",
    dataset: options.OneDataset = "nuaa",
    protocol: Annotated[str | None, typer.Option(help="Protocol of the records.", show_default="the newest")] = None,
    images: Annotated[
        str | None, typer.Option(help="Test images, comma-separated.", show_default="where methods differ most")
    ] = None,
    out_folder: Out = OUT,
    records: Records = RECORDS,
) -> None:
    """Test images, their masks and what methods predict, with hits, misses and false alarms outlined.

    Example: [bold]istdbench reproduce fig5 --methods mim_istd,mpcm --dataset synth[/bold]
    """
    from istdbench.registry import METRICS
    from istdbench.reports.figures import write_both
    from istdbench.reports.paper.chosen import rows_of
    from istdbench.reports.paper.fig5 import CAPTION
    from istdbench.reports.paper.fig5 import fig5 as draw
    from istdbench.results import Store

    store = Store(records)
    rows = rows_of(store, METRICS.all(), dataset, list(map(str, parse_specs(methods))), protocol)
    figure = draw(rows, store, images.split(",") if images else ())
    _say(write_both(figure, out_folder, "fig5"), CAPTION)


@app.command()
def fig6(
    methods: options.Methods = "mim_istd,baseline",
    dataset: options.OneDataset = "nuaa",
    protocol: Annotated[str | None, typer.Option(help="Protocol of the records.", show_default="the newest")] = None,
    image: Annotated[str | None, typer.Option(help="Test image to show.", show_default="the first")] = None,
    out_folder: Out = OUT,
    records: Records = RECORDS,
) -> None:
    """Feature maps of the encoder's stages, and t-SNE of their cells with and without a target.

    Example: [bold]istdbench reproduce fig6 --methods mim_istd,baseline --dataset synth[/bold]
    """
    from istdbench.registry import METRICS
    from istdbench.reports.figures import write_both
    from istdbench.reports.paper.chosen import rows_of
    from istdbench.reports.paper.fig6 import CAPTION
    from istdbench.reports.paper.fig6 import fig6 as draw
    from istdbench.results import Store

    rows = rows_of(Store(records), METRICS.all(), dataset, list(map(str, parse_specs(methods))), protocol)
    _say(write_both(draw(rows, image, bar), out_folder, "fig6"), CAPTION)


def _show(view: View, path: Path) -> None:
    from istdbench.files import atomic_write

    atomic_write(path, view.markdown)
    out.print(view.printed)
    _say([path])


def _say(paths: list[Path], caption: str = "") -> None:
    for path in paths:
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
    if caption:
        out.print(f"\n{caption}", markup=False, highlight=False)
