"""The command line: one file a verb, no logic, only arguments and printing."""

from istdbench.cli.app import app

__all__ = ["app"]
