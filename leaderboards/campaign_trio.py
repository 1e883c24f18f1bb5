"""Three seeds of the trio by the recipe for all: `istdbench sweep leaderboards/campaign_trio.py --device cuda`."""

_base_ = "./campaign.py"

methods = ["baseline", "conv_inner", "mim_istd"]
protocols = ["gpu512"]
seeds = [0, 1, 2]
