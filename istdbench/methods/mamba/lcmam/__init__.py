"""LCMamNet's network: `cross` its convolutions, `fusion` its Mambas over several maps, `unet` the whole."""
