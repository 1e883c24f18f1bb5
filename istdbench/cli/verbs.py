"""The verbs: where each is, and how it is called. A verb's module is imported when it is called or listed."""

from __future__ import annotations

import inspect
import traceback
import warnings
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from istdbench.cli import streams
from istdbench.cli.console import BUSY, FAILED, OUTPUT_LOST, WRONG_USAGE, say_error, say_warning
from istdbench.errors import BusyError, IstdbenchError, UsageError
from istdbench.files import file_error
from istdbench.plugins.end_watch import end_told
from istdbench.plugins.guard import ProcessEnd, blamed, told, what_ended, without_os_exit
from istdbench.settings import give_libraries_a_cache
from istdbench.spec import what_there_is
from istdbench.threads import choose_threads

VERBS = {
    "run": "run:run",
    "train": "train:train",
    "sweep": "sweep:sweep",
    "predict": "predict:predict",
    "score": "score:score",
    "curves": "curves:curves",
    "limits": "limits:limits",
    "audit": "audit:audit",
    "claims": "claims:claims",
    "compare": "compare:compare",
    "verify": "verify:verify",
    "probe": "probe:probe",
    "export": "export:export",
    "leaderboard": "leaderboard:leaderboard",
    "submit": "submit:submit",
    "submission": "submission:app",
    "sealed": "sealed:sealed",
    "report": "report:report",
    "site": "site:site",
    "list": "listing:list_",
    "protocol": "show_protocol:protocol",
    "doctor": "doctor:doctor",
    "check": "check:check",
    "new-plugin": "new_plugin:new_plugin",
    "data": "data:app",
    "zoo": "zoo:app",
    "weights": "weights:app",
    "reproduce": "reproduce:app",
}
"""Module and function of each verb, in the order of the help; an `app` has verbs of its own."""


class Verbs(TyperGroup):
    """All verbs.

    Errors that a user can mend, those of the file system among them, become one line and an exit code: 1 for a failed
    run, 2 for wrong usage, 3 for work that another process does, 4 where all went well and standard output, which is
    all that there is of it, could not be written. Python's warnings become a line each too.
    """

    def main(self, *args: Any, **more: Any) -> Any:
        """As ever, with streams that fail no verb; a verb whose output is lost ends with an exit code of its own."""
        streams.make_sure()
        give_libraries_a_cache()
        try:
            return super().main(*args, **more)
        except SystemExit as end:
            if end.code or not streams.lost():
                raise
            say_error(f"standard output could not be written ({streams.lost()}), so that what was asked for is lost")
            raise SystemExit(OUTPUT_LOST) from end

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """The verb's name with its help, which is all that the list of verbs shows; a shell is told the first words."""
        if cmd_name not in VERBS:
            return None
        found = _load(cmd_name)
        text = (found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)) or ""
        return TyperCommand(
            cmd_name, help=text, short_help=None if ctx.resilient_parsing else text.partition("\n\n")[0]
        )

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that is called, with what it takes.

        Raises:
            UsageError: there is none of that name.
        """
        name, *rest = args
        if name not in VERBS and ctx.resilient_parsing:
            return None, None, rest  # a shell completes what is typed so far
        if name not in VERBS:
            raise UsageError(f"no verb {name!r}; {what_there_is(name, VERBS)}")
        return name, build(name), rest

    def invoke(self, ctx: Any) -> Any:
        choose_threads()
        try:
            with warnings.catch_warnings(), without_os_exit(), end_told():
                warnings.showwarning = say_warning
                return super().invoke(ctx)
        except IstdbenchError as error:
            say_error(str(error))
            codes = {UsageError: WRONG_USAGE, BusyError: BUSY}
            raise typer.Exit(next((codes[kind] for kind in codes if isinstance(error, kind)), FAILED)) from error
        except (SystemExit, GeneratorExit, ProcessEnd) as error:  # no verb of ours ends so: a plugin's code did
            say_error(f"the code of a plugin {what_ended(error)}")
            raise typer.Exit(FAILED) from error
        except OSError as error:
            said = file_error(error)
            if said is None:
                raise
            say_error(said)
            raise typer.Exit(FAILED) from error
        except Exception as error:
            if not blamed(error):
                raise
            say_error(f"{blamed(error)}: {told(error)}")
            typer.echo(traceback.format_exc(), err=True, nl=False)
            raise typer.Exit(FAILED) from error
        except KeyboardInterrupt as error:
            say_error("stopped by you; what was finished is kept, and the same command goes on from there")
            raise typer.Exit(FAILED) from error


def build(name: str) -> Any:
    """The command of a verb, or its group of commands."""
    found = _load(name)
    if not isinstance(found, typer.Typer):
        function, found = found, typer.Typer(add_completion=False, rich_markup_mode=None)
        found.command(name)(function)
    return get_command(found)


def _load(name: str) -> Any:
    module, _, attribute = VERBS[name].partition(":")
    return getattr(import_module(f"istdbench.cli.{module}"), attribute)
