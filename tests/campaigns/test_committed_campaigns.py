"""The campaigns of the repository leave no network out."""

from pathlib import Path

from istdbench.campaigns.campaign import load_campaign
from istdbench.methods.method import Learned
from istdbench.registry import METHODS

LEADERBOARDS = Path(__file__).parents[2] / "leaderboards"


def test_every_network_of_single_images_is_in_the_campaign():
    own = [method for method in METHODS.all() if METHODS.origin(method.name) == "built-in"]
    names = [method.name for method in own if isinstance(method, Learned) and method.frames == 1]
    assert sorted(load_campaign(LEADERBOARDS / "campaign.py").methods) == sorted(names)


def test_the_trio_gets_three_seeds_by_the_recipe_for_all():
    campaign, trio = (load_campaign(LEADERBOARDS / f"{name}.py") for name in ("campaign", "campaign_trio"))
    assert trio.datasets == campaign.datasets and set(trio.protocols) < set(campaign.protocols)
    assert set(trio.methods) < set(campaign.methods) and trio.seeds == (0, 1, 2)
