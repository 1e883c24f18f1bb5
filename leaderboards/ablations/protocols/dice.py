_base_ = "./trial.py"
summary = "cpu512 on train, tested on val, Dice alone"
training = dict(losses=dict(_delete_=True, dice=1.0))
