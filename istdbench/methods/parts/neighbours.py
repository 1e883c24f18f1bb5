"""The eight neighbours of a cell, as pairs of opposite ones."""

HALF_OF_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, 1))
"""Rows and columns to one neighbour of each pair; the opposite one has the opposite signs."""
