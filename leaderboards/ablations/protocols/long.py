_base_ = "./trial.py"
summary = "cpu512 on train, tested on val, 150 epochs"
training = dict(epochs=150)
