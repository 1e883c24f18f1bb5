"""A campaign: methods x data sets x protocols x seeds, in a config file as protocols are.

    methods = ["mim_istd", "baseline", "tophat:size=7"]
    datasets = ["nuaa", "irstd1k"]
    protocols = ["short512"]
    seeds = [0, 1, 2]
    out = "leaderboards"

As `campaign.toml` it is read; as `campaign.py` it is a program that is run, so that a list may be computed. `_base_`
inherits. Paths in it are those of the working folder, as on
the command line.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from istdbench.config import read_config, validated
from istdbench.errors import UsageError
from istdbench.jobs.job import Job, make_job
from istdbench.registry import PROBES
from istdbench.spec import parse_spec


class Campaign(BaseModel):
    """What is to be run.

    Attributes:
        methods, datasets: names with options, as on the command line.
        protocols: names or files; where there is none, each data set's own.
        probes: names of the probes to run with each method.
        out: folder of the leaderboards and records.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    methods: tuple[str, ...] = Field(min_length=1)
    datasets: tuple[str, ...] = Field(min_length=1)
    protocols: tuple[str, ...] = ()
    seeds: tuple[int, ...] = Field((0,), min_length=1)
    probes: tuple[str, ...] = ("parameters", "flops")
    out: Path = Path("leaderboards")

    def jobs(self) -> list[Job]:
        """Every run, seeds first, so that each table has all its methods early; a run that is named twice is one.

        Raises:
            UsageError: an unknown method, data set, protocol, probe or option.
            DataError: a data set is not here.
        """
        from istdbench.runs.to_record import job_key

        for probe in self.probes:
            PROBES.get(probe)
        jobs = [
            make_job(parse_spec(method), parse_spec(dataset), protocol, seed)
            for seed in self.seeds
            for dataset in self.datasets
            for protocol in self.protocols or (None,)
            for method in self.methods
        ]
        return list({job_key(job, None): job for job in jobs}.values())


def load_campaign(path: Path) -> Campaign:
    """The campaign of a file.

    Raises:
        UsageError: the file is absent, no config, or has a field that is missing, unknown or of another type.
    """
    if not path.is_file():
        raise UsageError(f"campaign file {path} does not exist")
    source = f"campaign file {path}"
    return validated(Campaign, read_config(path, source).to_dict(), source)
