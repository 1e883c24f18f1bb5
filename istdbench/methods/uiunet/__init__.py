"""UIU-Net, U-Net in U-Net (Wu et al., TIP 2023): every stage of a U-Net is a small U-Net with a shortcut.

| symbol | meaning | where |
|---|---|---|
| RSU-L | residual U-block of L levels: entry, encoder, dilated bottom, decoder, shortcut | Qin et al. 2020, U2-Net |
| RSU-4F | RSU-4 with dilation in place of pooling | U2-Net |
| IC-A | interactive-cross attention: fusion of a stage with the raised coarser one | UIU-Net |
| d_0..d_6 | logits: of all side outputs together; of decoder stages 1 to 5; of encoder stage 6 | UIU-Net |

The definition followed is the authors' (danfenghong/IEEE_TIP_UIU-Net, `model/uiunet.py` and `fusion.py`). Maps are
halved with the odd row and column kept, and raised to the size of the map that they meet, so that an image may have any
size. All seven heads are supervised; the first is the one that is evaluated.
"""
