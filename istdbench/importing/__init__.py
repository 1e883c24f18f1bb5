"""Weights that others wrote: what a file holds, read without running it, and the same under our networks' names."""
