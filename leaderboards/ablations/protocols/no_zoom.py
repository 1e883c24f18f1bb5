_base_ = "./trial.py"
summary = "cpu512 on train, tested on val, no magnification"
training = dict(augmentation=dict(zoom=None))
