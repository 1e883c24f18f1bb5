"""Frames of sequences: the reference as it is, and no sequence stands in two parts.

A method of n frames is tested on a data set of n frames (`istd_seq:frames=5`, `folder:PATH,frames=5`), which lists
those images alone that have a whole window: the first n - 1 of each sequence, or shot of one, are in no list, and
nothing is repeated in their place. So a method of one frame is compared with it on the very same images, under the same
name of the data set, and not on `istd_seq`, which has them all. Each test image counts by itself; intervals and tests
resample whole sequences.
"""

_base_ = "./native.py"

summary = "reference for sequences: as native, each frame with a whole window, no sequence in two parts"
data = dict(whole_sequences=True)
