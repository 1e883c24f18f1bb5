"""`python -m istdbench`."""

from istdbench.cli import app

app()
