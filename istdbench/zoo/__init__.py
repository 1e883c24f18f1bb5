"""Weights that come with the package, a folder an entry: see `istdbench.committed.entry` and README.md here."""
