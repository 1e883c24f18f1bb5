"""A short training that a laptop's processor manages, on images stretched to 512 x 512.

The networks' heads work at stride 4 and targets are a few pixels wide, so that stretching decides much of the score in a
short training: on `synth` at its native 256 x 256, 30 epochs of crops of 128 find nothing.
"""

_base_ = "./native.py"

summary = "short training on a CPU: stretched to 512 x 512, crop 192, AdamW 2e-3 cosine, Dice + BCE"
input = dict(resize=512)
training = dict(
    epochs=16, batch=8, schedule=dict(warmup_steps=50), augmentation=dict(crop=192), validate_every=8
)
