"""A short training that a laptop's processor manages, on images stretched to 512 x 512.

The networks' heads work at stride 4 and targets are a few pixels wide, so that stretching decides much of the score in
a short training; and what it lacks is steps, not pixels, so that crops and batches are small. Measured with `mim_istd`:
at native size on `synth`, 720 steps of 8 crops of 128 find nothing; stretched on `nuaa`, 512 steps of 8 crops of 192
reach a validation IoU of 0.21 (both before the head had its prior, see `methods/mamba/mim/decoder.py`).
"""

_base_ = "./native.py"

summary = "short training on a CPU: stretched to 512 x 512, crop 128, batch 4, AdamW 2e-3 cosine, Dice + BCE"
input = dict(resize=512)
training = dict(
    epochs=20,
    batch=4,
    schedule=dict(warmup_steps=50),
    augmentation=dict(crop=128),
    validate_every=10,
)
