"""Campaign files: what they name, and what is said of wrong ones."""

import pytest

from istdbench.campaigns.campaign import Campaign, load_campaign
from istdbench.errors import UsageError

FILE = """
methods = ["tophat", "mpcm", "tophat:size=5"]
datasets = ["synth:n=2"]
protocols = ["smoke", "native"]
seeds = list(range(2))
"""


def test_every_combination_is_one_job_and_seeds_change_last(tmp_path):
    path = tmp_path / "campaign.py"
    path.write_text(FILE)
    jobs = load_campaign(path).jobs()
    assert [(job.seed, job.protocol.name, job.method.name) for job in jobs] == [
        (seed, protocol, method)
        for seed in (0, 1)
        for protocol in ("smoke", "native")
        for method in ("tophat", "mpcm")  # tophat:size=5 is tophat with its default typed out
    ]


def test_without_protocols_each_data_set_has_its_own_and_without_seeds_there_is_0():
    [job] = Campaign(methods=("tophat",), datasets=("synth:n=2",)).jobs()
    assert (job.protocol.name, job.seed) == (job.dataset.default_protocol, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("methods = ['tophat']", "datasets: Field required"),
        (FILE + "sedes = [1]", "sedes: no such field; did you mean 'seeds'"),
        (FILE + "seeds = ['x']", "seeds.0: Input should be a valid integer"),
        (FILE + "seeds = []", "seeds: Tuple should have at least 1 item"),
        (FILE + "seeds = [", "SyntaxError"),
        (FILE + "seeds = 1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path, text, message):
    path = tmp_path / "campaign.py"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"campaign file .*campaign\.py: .*" + message):
        load_campaign(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"campaign file .*none\.py does not exist"):
        load_campaign(tmp_path / "none.py")


def test_an_unknown_name_is_refused_before_anything_runs():
    with pytest.raises(UsageError, match="unknown method 'tophta'; did you mean 'tophat'"):
        Campaign(methods=("tophta",), datasets=("synth",)).jobs()
    with pytest.raises(UsageError, match="unknown probe 'speed'"):
        Campaign(methods=("tophat",), datasets=("synth",), probes=("speed",)).jobs()
