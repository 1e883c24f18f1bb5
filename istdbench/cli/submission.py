"""`istdbench submission check|show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, group, print_json, say, show_table

Folder = Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of a bundle: submissions/NAME.")]

app = group("Results that others hand in: look at a bundle, check it.")


@app.command()
def check(
    bundle: Folder,
    time_limit: options.TimeLimit = None,
    memory_limit: options.MemoryLimit = None,
    out_folder: options.Out = options.OUT,
    device: options.Device = "cpu",
) -> None:
    """Make the number of a bundle again from what its sender published; exit code 0 where it comes out.

    The plugin that it names has to be installed: do it in an environment of its own. Its method predicts in a process
    apart.

    Example: istdbench submission check submissions/mynet-nuaa-01234567
    """
    from istdbench.submissions.bundle import read_bundle

    read = read_bundle(bundle)

    from istdbench.jobs.device import check_device
    from istdbench.results import RECORDS, Store
    from istdbench.submissions.check_bundle import check_bundle

    check_device(device)
    limits = options.isolation(None, time_limit, memory_limit)["limits"]
    result = check_bundle(read, Store(out_folder / RECORDS), limits=limits, device=device, track=bar)
    how = "every count of every image is the same" if result.exact else "within the tolerance that holds elsewhere"
    say(f"{bundle}: {read.grade}; the number comes out, {how}")
    if read.form.signer.author:
        say(f"{bundle}: signed as an author; who merges makes sure that {read.form.signer.contact} is one")


@app.command()
def show(bundle: Folder, as_json: options.AsJson = False) -> None:
    """Say what a bundle holds and what its check needs, once its files are found to be sound. Nothing in it is run.

    Example: istdbench submission show submissions/mynet-nuaa-01234567
    """
    from istdbench.registry import joined
    from istdbench.submissions.bundle import read_bundle
    from istdbench.submissions.check_bundle import check_public
    from istdbench.submissions.requirements import check_requirement

    read = read_bundle(bundle)
    check_public(read.record)
    need = read.form.plugin
    if need is not None:
        check_requirement(need, f"{bundle}: plugin.requirement")
    record, signer = read.record, read.form.signer
    told = {
        "method": record.method.name,
        "data set": record.dataset.name,
        "protocol": record.protocol.name,
        "grade": read.grade,
        "signed by": str(signer),
        "contact": signer.contact,
        "author": signer.author,
        "url": read.form.url,
        "requirement": None if need is None else need.requirement,
        "fetch": [name for name in joined(record.dataset.spec.name) if name != "synth"],
        "metrics": record.metrics.values,
    }
    if as_json:
        print_json(told)
        return
    rows = [(name, _text(value)) for name, value in told.items() if name not in ("fetch", "metrics")]
    rows += [(name, "–" if value is None else f"{value:.6g}") for name, value in record.metrics.values.items()]
    show_table(("of it", "what it says"), rows)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
