"""`istdbench data fetch|check|path`."""

from __future__ import annotations

from typing import Annotated

import typer

from istdbench.cli import options
from istdbench.cli.console import bar, err, out, print_json
from istdbench.errors import UsageError
from istdbench.spec import parse_spec

app = typer.Typer(no_args_is_help=True, help="Download data sets, check them, find them.")
Name = Annotated[str, typer.Argument(help="Data set: nuaa, irstd1k, synth, folder:PATH.")]
