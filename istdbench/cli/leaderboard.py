"""`istdbench leaderboard`."""

from __future__ import annotations

from pathlib import Path

from istdbench.cli import options
from istdbench.cli.console import out


def leaderboard(out_folder: options.Out = Path("leaderboards")) -> None:
    """Rebuild the leaderboards from the records.

    Example: [bold]istdbench leaderboard[/bold]
    """
    from istdbench.engine.run import write_reports

    for path in write_reports(out_folder):
        out.print(str(path), markup=False, highlight=False, soft_wrap=True)
