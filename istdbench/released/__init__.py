"""Weights that authors released: where, for which method, what their network sees, and what is claimed of them."""
