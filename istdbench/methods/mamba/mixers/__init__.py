"""Layers that stand in for SS2D in a block: each takes a map and gives one of the same shape."""
