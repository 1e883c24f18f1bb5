"""The MiM-ISTD paper (Chen et al., arXiv 2403.02148; IEEE TGRS 2024) beside what is measured here.

What the paper shows, and how far that could be verified:
- Table 1, accuracy of 18 methods on NUAA-SIRST and IRSTD-1k: read from the picture in the authors' repository
  (`asset/performance.jpg`). The arXiv text prints four other numbers for MiM-ISTD on each data set; both are shown.
- Table 2, costs at 512 x 512: only the parameters and FLOPs in `papers.toml` are known. Inference time, memory and
  the other rows could not be read anywhere.
- Table 3, ablation on NUAA-SIRST: the rows `baseline` and `conv_inner`.
- Fig. 1, time and memory at sides of 512, 1024 and 2048 on one GPU: seen in the authors' repository
  (`asset/efficiency.jpg`) as curves without numbers. Its third panel, nIoU against frames a second, is a cost plot of
  `istdbench report`.
- Fig. 5 (masks with zoomed targets) and Fig. 6 (feature maps and t-SNE): could not be seen. Ours follow what they are
  said to show; layout, images, layers and colours are our choice.
"""
