_base_ = "./trial.py"
summary = "cpu512 on train, tested on val, native size"
input = dict(resize=None)
