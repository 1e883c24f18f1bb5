"""The MiM-ISTD paper (arXiv 2403.02148, Section IV-A): official split, 512 x 512, Adagrad, Dice loss.

The paper names the 80/20 split, the input size, the optimizer, the loss and the epochs. It names neither normalisation
nor augmentation; its author points to ACM's recipe, so the normalisation is ImageNet's, averaged over the channels
because the input is gray, and the augmentation is flips.
"""

_base_ = "./native.py"

summary = "MiM-ISTD paper: trainval/test, 512 x 512, Adagrad 0.05, Dice, 800 epochs (IRSTD-1k 600)"
data = dict(split="official", train="trainval", validate_on=None)
input = dict(resize=512, mean=114.5, sd=57.6)
training = dict(
    epochs=800,
    batch=32,
    losses=dict(_delete_=True, dice=1.0),
    optimizer=dict(_delete_=True, type="Adagrad", lr=0.05, weight_decay=4e-4),
    schedule=dict(_delete_=True, type="constant"),
    augmentation=dict(_delete_=True, crop=512, flips=True, transpose=False),
    clip_norm=None,
)
per_dataset = dict(
    irstd1k=dict(data=dict(train="train"), training=dict(epochs=600)),
    nudt=dict(data=dict(train="train")),
    synth=dict(data=dict(train="train")),
    folder=dict(data=dict(train="train")),
)
