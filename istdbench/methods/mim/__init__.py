"""MiM-ISTD, Mamba-in-Mamba (Chen et al. 2024, arXiv 2403.02148): the encoder and decoder shared by its networks.

Glossary (the paper's words; "Eqs. 6-10" is its section on the Mamba-in-Mamba block):

| symbol | meaning | where |
|---|---|---|
| B, H, W | batch; height and width of the grid at hand | - |
| visual sentence | one cell of 8 x 8 pixels at the stem, doubled by each merging; a vector of C numbers | Eqs. 6-10 |
| visual word | one of the 4 x 4 parts of a sentence, 2 x 2 pixels at the stem; a vector of c numbers | Eqs. 6-10 |
| grain | sizes of words and sentences at the stem; all shapes are written for the paper's, 2 and 8 pixels | Table 4 |
| inner Mamba | SS2D over the 16 words of one sentence | Eqs. 6-10 |
| summary | words of a sentence, flattened, projected to C and added to the sentence | Eqs. 6-10 |
| outer Mamba | SS2D over all sentences of the image | Eqs. 6-10 |
| depth | blocks in a stage, each passing words and sentences to the next | Eq. 10 |
| A, B, C, D, Δ | the selective scan's own symbols | Mamba (arXiv 2312.00752), Algorithm 2 |
| R, N, K | rank of Δ's projection; states a channel; scan directions | VMamba (arXiv 2401.10166) |

Layout: sentences are channel-last maps (B, H, W, C); words are (B, H, W, 4, 4, c), so that the words of a sentence lie
side by side in memory and `flatten(0, 2)` gives the batch of 4 x 4 maps which the inner Mamba reads.

The dimensions are not in the paper. They and the places of the inner Mamba are read from the released code
(txchen-USTC/MiM-ISTD, commit 3a82032), whose parameter count is the paper's.
"""
