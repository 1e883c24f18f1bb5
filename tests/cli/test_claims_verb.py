"""`istdbench claims`: what it refuses, and what it says of claims that were not made again yet."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from istdbench.claims.claimed import ledger
from istdbench.cli import app


def called(*args):
    return CliRunner().invoke(app, ["claims", *args])


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--within", "2m"), "--within goes with --check"),
        (("--check", "--missing"), "leave --missing out"),
        (("--check", "--within", "soon"), "a time is needed"),
        (("--only", "nobody"), "no claim has that in its name; there are "),
        (("--device", "tpu"), "no device 'tpu'"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_runs(args, told):
    result = called(*args)
    assert result.exit_code == 2 and told in result.stderr


def test_a_check_leaves_out_what_was_not_made_yet(tmp_path):
    result = called("--check", "--only", "rpcanet-nuaa", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert [line.partition(": ")[2] for line in result.stdout.splitlines()] == ["skipped, not made yet"] * 2


def test_every_claim_has_a_name_of_its_own_and_a_rule_that_has_its_metrics():
    names = [claimed.name for claimed in ledger()]
    assert len(names) == len(set(names)) and len(names) >= 8
    assert [claimed.name for claimed in ledger() if not set(claimed.claim.values) <= set(claimed.rule.shows)] == []
