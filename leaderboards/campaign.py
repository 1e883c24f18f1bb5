"""Every network of single images on three published sets, by one recipe for all and by its own.

Those of the fewest parameters come first.

    istdbench sweep leaderboards/campaign.py --device cuda --minutes 9

Each call goes on where the last one stopped, here or on another machine that has the same `leaderboards` and
ISTDBENCH_HOME. `campaign_trio.py` adds the seeds that tell how far the trio's trainings lie apart.
"""

methods = [
    "eamnet",
    "lw_irstnet",
    "rdian",
    "alcnet",
    "acm_basicirstd",
    "alcnet_basicirstd",
    "l_rpcanet",
    "acm",
    "rpcanet",
    "l2sknet",
    "isnet",
    "drpcanet",
    "lcmamnet",
    "vim",
    "baseline",
    "localmamba",
    "attention_inner",
    "conv_inner",
    "mim_istd",
    "istdu",
    "rpcanet_pp",
    "tci_former",
    "hdnet",
    "mdvsfa",
    "mshnet",
    "dnanet",
    "dim2clear",
    "msda",
    "fc3net",
    "sctransnet",
    "agpcnet",
    "iaanet",
    "rkformer",
    "uiunet",
]
datasets = ["nuaa", "nudt", "irstd1k"]
protocols = ["gpu512", "published"]
