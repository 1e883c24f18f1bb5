"""Weights that come with the package: `<data set>/<protocol>/<method>-seed<n>.safetensors`, half precision."""
