"""The implementations of the scan, one file or folder a backend; `istdbench.ops.choice` says which one a call gets."""
