"""`python -m istdbench.cli`."""

from istdbench.cli import app

app()
