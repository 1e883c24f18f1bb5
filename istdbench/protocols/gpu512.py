"""The recipe of `cpu512` at the length that one GPU does in minutes, with batches that fill it.

Captured as one CUDA graph, MiM-ISTD's step on 32 crops takes little longer than on 16 (`benchmarks/training_speed.py`).
"""

_base_ = "./cpu512.py"

summary = "minutes on a GPU: as cpu512 (stretched to 512 x 512, crop 256, AdamW 2e-3, Dice + BCE), batch 32, longer"
training = dict(epochs=400, batch=32)
per_dataset = dict(
    irstd1k=dict(training=dict(epochs=170)),
    nudt=dict(training=dict(epochs=200)),
    sirst2=dict(training=dict(epochs=170)),
)
