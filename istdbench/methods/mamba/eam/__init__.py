"""The network of EAMNet: `filters`, the image as learned filters change it; `unet`, the network that looks at both."""
