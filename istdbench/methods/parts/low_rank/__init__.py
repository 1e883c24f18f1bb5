"""What the low-rank methods share: patches of an image, shrinkage of singular values and of entries, convergence.

All of them split an image into a background of low rank and a sparse target: D = B + T.
"""
