"""Convolutional networks, each equal to its public definition."""
