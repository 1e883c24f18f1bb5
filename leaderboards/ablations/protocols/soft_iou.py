_base_ = "./trial.py"
summary = "cpu512 on train, tested on val, SoftIoU"
training = dict(losses=dict(_delete_=True, soft_iou=1.0))
