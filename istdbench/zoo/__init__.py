"""Weights that come with the package, a folder an entry: see `istdbench.engine.zoo` and README.md here."""
