"""Seconds: shows that a method trains, predicts and scores. Its numbers mean nothing."""

_base_ = "./native.py"

summary = "seconds of training, to see that everything runs; its numbers mean nothing"
training = dict(epochs=1, batch=8, schedule=dict(warmup_steps=2), augmentation=dict(crop=64), validate_every=1)
