"""Bring records of schema 1 to schema 2, in place: split hash, intervals, and what was not noted as "unknown".

Values, keys, file names and tables stay. The split hash needs the data set: set ISTDBENCH_HOME to where it was fetched.

    python tools/upgrade_records.py leaderboards/records
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from istdbench.engine.job import make_job
from istdbench.files import atomic_write
from istdbench.registry import METRICS
from istdbench.results import Record
from istdbench.spec import parse_spec
from istdbench.statistics import count_table, intervals


def upgraded(old: dict, table: pd.DataFrame) -> Record:
    job = make_job(
        parse_spec(old["method"]["name"]), parse_spec(old["dataset"]["name"]), old["protocol"]["name"], old["seed"]
    )
    assert (job.dataset.fingerprint, job.split) == (old["dataset"]["fingerprint"], old["dataset"]["split"])
    return Record.model_validate(
        {
            **old,
            "schema_version": 2,
            "dataset": {**old["dataset"], "split_hash": job.split_hash},
            "metrics": {**old["metrics"], "intervals": intervals(count_table(table), METRICS.all())},
            "provenance": {**old["provenance"], "system": "unknown", "scan": "unknown"},
        }
    )


def main(folder: Path) -> None:
    for path in sorted(folder.glob("*/*/*.json")):
        old = json.loads(path.read_text())
        if old["schema_version"] != 1:
            continue
        record = upgraded(old, pd.read_csv(path.with_name(old["per_image"]["file"]), dtype={"name": str}))
        assert folder / record.path == path
        atomic_write(path, record.to_json())
        print(path)


main(Path(sys.argv[1]))
