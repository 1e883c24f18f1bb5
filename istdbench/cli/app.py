"""The `istdbench` command."""

from __future__ import annotations

import typer

from istdbench.cli import (
    audit,
    check,
    compare,
    curves,
    data,
    doctor,
    leaderboard,
    limits,
    listing,
    new_plugin,
    probe,
    report,
    reproduce,
    run,
    score,
    sweep,
    train,
    verify,
    zoo,
)
from istdbench.cli.console import Verbs

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="The open benchmark for infrared small target detection.",
)
app.command("run")(run.run)
app.command("train")(train.train)
app.command("sweep")(sweep.sweep)
app.command("score")(score.score)
app.command("curves")(curves.curves)
app.command("limits")(limits.limits)
app.command("audit")(audit.audit)
app.command("compare")(compare.compare)
app.command("verify")(verify.verify)
app.command("probe")(probe.probe)
app.command("leaderboard")(leaderboard.leaderboard)
app.command("report")(report.report)
app.command("list")(listing.list_)
app.command("doctor")(doctor.doctor)
app.command("check")(check.check)
app.command("new-plugin")(new_plugin.new_plugin)
app.add_typer(data.app, name="data")
app.add_typer(zoo.app, name="zoo")
app.add_typer(reproduce.app, name="reproduce")
