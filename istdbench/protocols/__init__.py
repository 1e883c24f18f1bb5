"""Protocols: everything that makes a number besides the method, its weights and the data."""
