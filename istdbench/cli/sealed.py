"""`istdbench sealed`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, say_aside, say_kept
from istdbench.registry import METRICS, REPORTERS


def sealed(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Folder of a bundle that was merged.")],
    commit: Annotated[str, typer.Option(help="Hash of the commit that brought it in: 40 hexadecimal digits.")],
    time_limit: options.TimeLimit = None,
    memory_limit: options.MemoryLimit = None,
    out_folder: options.WrittenOut = options.OUT,
    device: options.Device = "cpu",
) -> None:
    """Measure a submission on scenes drawn from the hash of the commit that brought it in: nobody can have seen them.

    The plugin that it names has to be installed. The record goes beside the leaderboards, into sealed.md.

    Example: istdbench sealed submissions/mynet-nuaa-01234567 --commit 0123456789abcdef0123456789abcdef01234567
    """
    from istdbench.submissions.bundle import read_bundle

    read = read_bundle(bundle)

    from istdbench.jobs.device import check_device
    from istdbench.results.sealed_record import save_sealed
    from istdbench.submissions.sealed_track import measure_sealed

    check_device(device)
    limits = options.isolation(None, time_limit, memory_limit)["limits"]
    say_aside(
        f"record: {save_sealed(measure_sealed(read, commit, limits=limits, device=device, track=bar), out_folder)}"
    )

    from istdbench.reports.writing import write_reports

    for path in write_reports(out_folder, REPORTERS.all(), METRICS.all()):
        say_kept(path)
