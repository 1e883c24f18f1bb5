"""BasicIRSTD (XinyiYing/BasicIRSTD, train.py): 50/50 split, native size, Adam, SoftIoU, epoch 400.

Its SIRST3 is `nuaa+irstd1k+nudt`. Of sets that BasicIRSTD holds no mean and deviation for they are measured, there over
train and test, here over the training images alone.
"""

_base_ = "./native.py"

summary = "BasicIRSTD: split 5050, native size, crop 256, Adam 5e-4 x0.1 at 200 and 300 of 400, SoftIoU, last epoch"
data = dict(split="5050", validate_on=None)
input = dict(pad=32, mean=101.06, sd=34.62)
training = dict(
    epochs=400,
    batch=16,
    losses=dict(_delete_=True, soft_iou=1.0),
    optimizer=dict(_delete_=True, type="Adam", lr=5e-4),
    schedule=dict(_delete_=True, type="step", milestones=(0.5, 0.75), gamma=0.1),
    augmentation=dict(_delete_=True, crop=256, target_bias=0.5, flips=True, transpose=True),
    clip_norm=None,
)
per_dataset = {
    "nuaa+irstd1k+nudt": dict(input=dict(mean=None, sd=None)),
    "irstd1k": dict(data=dict(split="official"), input=dict(mean=87.47, sd=39.72)),
    "nudt": dict(data=dict(split="official"), input=dict(mean=107.81, sd=33.02)),
    "sirst2": dict(data=dict(split="official"), input=dict(mean=None, sd=None)),
    "synth": dict(data=dict(split="official"), input=dict(mean=None, sd=None)),
    "folder": dict(data=dict(split="official"), input=dict(mean=None, sd=None)),
}
