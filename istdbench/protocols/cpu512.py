"""A training that two CPU cores manage in an hour or two a network, on images stretched to 512 x 512.

Targets are a few pixels wide and the trio's head works at stride 4, so that the input's size decides much of the score
(`short512` has figures). Score maps go back to the native grid and are scored there; the 512 grid, which papers score
on, stands beside it.
"""

_base_ = "./native.py"

summary = "an hour on a CPU: stretched to 512 x 512, crop 256, batch 8, AdamW 2e-3 cosine, Dice + BCE, moving average"
data = dict(train="trainval", validate_on=None)
input = dict(resize=512)
scoring = dict(second_grid=512)
training = dict(epochs=200, batch=8, ema=0.995)
per_dataset = dict(
    irstd1k=dict(data=dict(train="train"), training=dict(epochs=80)),
    synth=dict(data=dict(train="train")),
    folder=dict(data=dict(train="train")),
)
