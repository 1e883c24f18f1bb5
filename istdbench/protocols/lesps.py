"""LESPS (XinyiYing/LESPS, train.py at 9292bba; arXiv 2304.01484): one point a target, and labels that grow out of it.

The recipe is that of the released code: BasicIRSTD's split, sizes, optimizer and schedule, which have the same authors,
crops anywhere in an image, the focal loss, and an update every 5 epochs, from the first epoch whose loss is below 10.
Points are centroids; `lesps:training.points.at=coarse` is the other half of the paper. `lesps:training.points=none`
trains on whole masks by the same recipe, which the paper compares with; `training.points.evolution=none` on the points
alone, whose degeneration is the paper's first part.

The authors train one network on SIRST3, which is `nuaa+irstd1k+nudt`; any other data set is trained on by itself here.
An image that is smaller than a crop is continued in a mirror, where theirs is black.
"""

_base_ = "./basicirstd.py"

summary = "LESPS: one point a target, labels evolve; as basicirstd, focal loss, crops anywhere"
training = dict(
    losses=dict(_delete_=True, focal=1.0),
    points=dict(at="centroid", evolution=dict(loss_below=10.0, every=5, base=0.5, growth=0.5)),
    augmentation=dict(target_bias=0.0),
)
per_dataset = {"nuaa+irstd1k+nudt": dict(input=dict(mean=95.01, sd=41.511))}
