"""The reference: native resolution, crops of 256, padded to 32, gray z-score of the training images, last epoch."""

summary = "reference: native size, crop 256, pad 32, z-score of the training images, last epoch"
data = dict(train="train", validate_on="val", test="test")
input = dict(resize=None, pad=32, mean=None, sd=None)
scoring = dict(grid="native", threshold=0.5)
checkpoint = "last"
training = dict(
    epochs=400,
    batch=16,
    losses=dict(dice=1.0, bce=1.0),
    optimizer=dict(type="AdamW", lr=2e-3, weight_decay=1e-2),
    schedule=dict(type="cosine", warmup_steps=100),
    augmentation=dict(crop=256, target_bias=0.7, flips=True, transpose=True, gain=(0.8, 1.2), offset_sd=0.2),
    clip_norm=5.0,
    validate_every=10,
)
per_dataset = dict(irstd1k=dict(data=dict(validate_on=None)), nudt=dict(data=dict(validate_on=None)))
