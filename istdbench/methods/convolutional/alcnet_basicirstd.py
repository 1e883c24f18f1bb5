"""ALCNet as BasicIRSTD has it (XinyiYing/BasicIRSTD, `model/ACM/model_ALCnet.py`; LESPS has the same).

It shares its name with `alcnet`, and hardly more: it has no cyclic shift, so no local contrast. It is ACM's encoder,
with four blocks a stage, ACM's asymmetric fusion, and deconvolutions. For momentum of batch norm and the weights that
LESPS released, see `acm_basicirstd`. The code also builds refinements that it never runs, `uplayer1` and `uplayer2`,
which are not here. Its last enlargement is torchvision's `Resize`, bilinear; ours has no antialiasing, which changes
nothing where a map grows.
"""

from istdbench.methods.convolutional.acm_basicirstd import BASICIRSTD_RECIPE
from istdbench.methods.convolutional.networks import network
from istdbench.methods.method import Learned
from istdbench.methods.parts.renaming import ACM_ENCODER, BASIC_BLOCK, Renaming

ALCNET_BASICIRSTD = Learned(
    name="alcnet_basicirstd",
    summary="what BasicIRSTD and LESPS call ALCNet: ACM's encoder and fusions with deconvolutions, no local contrast",
    paper="Ying et al., Mapping Degeneration Meets Label Evolution (LESPS), CVPR 2023, arXiv 2304.01484, for the port; "
    "Dai et al., TGRS 2021, for ALCNet",
    build=network("alcnet_basicirstd", "DeconvolvedALCNet"),
    from_released=Renaming(
        rules=(
            *ACM_ENCODER,
            *BASIC_BLOCK,
            *((rf"^deconv{2 - i}\.", f"raisings.{i}.") for i in range(2)),
            (r"^deconv0\.", "last_raising."),
            *((rf"^fuse{2 - i}{3 - i}\.", f"fusions.{i}.") for i in range(2)),
            (r"\.topdown\.", ".top_down."),
            (r"\.bottomup\.", ".bottom_up."),
        ),
        unread=r"^uplayer[12]\.",
    ),
    recipe=BASICIRSTD_RECIPE,
)
