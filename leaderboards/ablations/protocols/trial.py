_base_ = "../../../istdbench/protocols/cpu512.py"
summary = "cpu512 on train, tested on val, 45 epochs"
data = dict(train="train", validate_on="val", test="val")
training = dict(epochs=45)
