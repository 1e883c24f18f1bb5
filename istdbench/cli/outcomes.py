"""How `run` and `sweep` tell what became of each job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from istdbench.cli.console import err, say_error

if TYPE_CHECKING:
    from istdbench.engine.run import Outcome


def tell(outcome: Outcome, if_recorded: str = "") -> None:
    """One line on standard error, or the error; `if_recorded` is added to a job that was recorded before."""
    if outcome.state == "failed":
        say_error(f"{outcome.job}: {outcome.error}")
        err.print(outcome.traceback, markup=False, highlight=False, end="")
    else:
        more = if_recorded if outcome.state == "recorded" else ""
        err.print(f"{outcome.state}: {outcome.job}{more}", markup=False, highlight=False, soft_wrap=True)
    for note in outcome.notes:
        say_error(f"{outcome.job}: {note}")
