"""LCMamNet's network: `cross` its convolutions, `fusion` its Mambas over several maps, `lcmamnet_unet` the whole."""
