"""Hooks through which every method, data set, metric, probe and reporter comes in, built-in or not."""

from istdbench.plugins.hookspecs import hookimpl

__all__ = ["hookimpl"]
