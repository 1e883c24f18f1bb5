"""Weights that authors released: where they are, what their network sees, what they were trained on, what is claimed."""
