"""Dim2Clear (Zhang et al., TGRS 2023): detection as the enhancement of details, in space and in frequency.

No code is public, and the paper's text was not at hand: this is made from what others say of it. They say: targets are
detected as details of an image are enhanced, from dim to clear; features pass through a spatial and a frequency branch;
reconstruction of the image is an auxiliary task.

What that leaves open is nearly everything, and was decided here:
- A U-Net of ResNet's basic blocks, two a scale, with 16 to 256 channels at 1 to 1/16 of the image's sides.
- Both branches on every map that goes to the decoder: a convolution with weights of pixels as CBAM has them, beside
  weights of frequencies, which follow from the amplitudes of the map's spectrum and leave its phases alone.
- Enhancement: the decoder enlarges by sub-pixel convolutions, as networks of super-resolution do.
- Reconstruction: of the image that the network is given, from the decoder's map of half its size, so that it is no copy
  along the finest skip connection; by the mean squared error, with the tenth that RPCANet gives it.
- Training: no word of it is known but the auxiliary task. The rest of the recipe is the MiM-ISTD paper's, which
  methods without one are trained by (protocol `mim2024`). Protocols with one recipe for all leave the task out.

No parameters and multiply-accumulates are published that it could be held to. A number of it says what such a network
can do here, and nothing of the authors'.
"""

from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned

DIM2CLEAR = Learned(
    name="dim2clear",
    summary="U-Net that enhances details in space and frequency, and learns to give the image back",
    paper="Zhang et al., Dim2Clear Network for Infrared Small Target Detection, TGRS 2023, vol. 61, pp. 1-14",
    build=network("dim2clear", "Dim2Clear", in_channels=1),
    recipe={
        "epochs": 800,
        "batch": 32,
        "losses": {"dice": 1.0},
        "reconstruction": 0.1,
        "optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 4e-4},
        "schedule": {"type": "constant"},
        "augmentation": {"crop": 512, "flips": True, "transpose": False},
    },
)
