"""A short training that a laptop's processor manages, at native size; meant for `synth`."""

_base_ = "./native.py"

summary = "short training on a CPU: native size, crop 128, AdamW 2e-3 cosine, Dice + BCE"
training = dict(epochs=30, batch=8, augmentation=dict(crop=128), validate_every=5)
