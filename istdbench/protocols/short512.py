"""A short training that a laptop's processor manages, on images stretched to 512 x 512; meant for the real sets.

The networks' heads work at stride 4 and the images of NUAA-SIRST are small, so that stretching decides much of the
score in a short training.
"""

_base_ = "./short.py"

summary = "short training on a CPU: stretched to 512 x 512, crop 192, AdamW 2e-3 cosine, Dice + BCE"
input = dict(resize=512)
training = dict(epochs=16, schedule=dict(warmup_steps=50), augmentation=dict(crop=192), validate_every=8)
