"""Filters and low-rank models: a response map and a threshold rule."""
