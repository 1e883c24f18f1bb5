"""FC3-Net (Zhang et al., ACM MM 2022): each level of a pyramid is compensated by the finer and by the coarser level.

The definition followed is the authors' (IPIC-Lab/SIRST-Detection-FC3-Net, `demo/FC3Net.py`). The main row of its third
F-MFC runs blocks 1, 2, 4, 5, 5, 6: block 5 twice, block 3 never. So does ours, since it is the only
public definition; the parameters of block 3 are left out. The authors gave no training code, hence there is no recipe.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned

FC3NET = Learned(
    name="fc3net",
    summary="feature compensation: each level takes in the finer and the coarser one, then all correlate",
    paper="Zhang et al., Exploring Feature Compensation and Cross-level Correlation for ISTD, ACM MM 2022",
    build=network("fc3net", "FC3Net"),
    in_channels=3,
)
