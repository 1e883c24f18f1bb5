"""Runs of the ledger: what is kept of a claim, what else is tried, and what a later run finds changed."""

from __future__ import annotations

import json
import shutil

import pytest

from istdbench.audit.variants import BASICIRSTD, RPCANET
from istdbench.claims.bench import Bench
from istdbench.claims.claim_record import CLAIMS, examine_claims
from istdbench.claims.ledger_page import page, write
from istdbench.claims.ledger_runs import check, make
from istdbench.errors import IstdbenchError
from istdbench.registry import METRICS
from istdbench.released.release import Images
from istdbench.results import RECORDS, Store

DATA = "synth:n=4,size=64"


@pytest.fixture(scope="module")
def made(claims, tmp_path_factory):
    """Leaderboards with all claims made."""
    folder = tmp_path_factory.mktemp("made")
    assert [outcome.problem for outcome in make(claims, folder)] == ["", ""]
    return folder


@pytest.fixture
def out(made, tmp_path):
    """A copy of them, which a test may change."""
    return shutil.copytree(made, tmp_path / "leaderboards")


def kept(out, claims):
    return examine_claims(out, claims)[0]


def records(out):
    return Store(out / RECORDS).load_all()


def test_a_claim_is_scored_on_the_grid_of_the_network_s_input_by_its_authors_rule(claims, out):
    of_bench = Bench(claims[0].release, claims[0].claim.on.dataset)
    dataset, names = of_bench.job.dataset, of_bench.job.test_names
    shown = [(of_bench._predict(dataset.load(name)).raw, dataset.load(name).mask) for name in names]
    assert {raw.shape for raw, _ in shown} == {(32, 32)}
    by_rpcanet = RPCANET.values([RPCANET.judge(raw, mask) for raw, mask in shown])
    first, second = (kept(out, claims)[claimed.name] for claimed in claims)
    assert first.values == {name: pytest.approx(by_rpcanet[name]) for name in ("IoU", "F1")}
    assert (first.stretched, first.trained_on_common) == (4, 0)
    assert second.values.keys() == {"Fa"} and BASICIRSTD.name == second.rule


def test_where_a_claim_does_not_come_out_the_record_says_what_was_tried(claims, out):
    tried = [trial.words for trial in kept(out, claims)[claims[0].name].tried]
    assert tried[0] == "maps on the native grid" and "rule of dnanet" in tried
    assert any(words.endswith("the best threshold on these very images") for words in tried)
    assert "rule of rpcanet" not in tried


def test_the_record_under_the_common_protocol_is_on_the_native_grid(claims, out):
    [record] = records(out)
    assert record.weights.source == "released" and record.dataset.images == 4
    assert sum(Store(out / RECORDS).per_image(record)["pixels"]) == 4 * 64 * 64


def test_a_check_makes_the_same_numbers_again_and_finds_one_that_was_changed(claims, out):
    found = list(check(claims, kept(out, claims), records(out)))
    assert [(outcome.problem, outcome.skipped) for outcome in found] == [("", ""), ("", "")]
    file = out / CLAIMS / f"{claims[0].name}.json"
    said = json.loads(file.read_text())
    said["values"]["IoU"] += 0.01
    file.write_text(json.dumps(said))
    problems = [outcome.problem for outcome in check(claims, kept(out, claims), records(out)) if outcome.problem]
    assert len(problems) == 1 and "not reproduced (IoU" in problems[0]


def test_a_metric_that_is_not_known_here_is_told_and_takes_no_check_down(claims, out):
    [record] = records(out)
    values = {**record.metrics.values, "of_a_plugin": 0.5}
    with_plugin = record.model_copy(update={"metrics": record.metrics.model_copy(update={"values": values})})
    found = list(check(claims, kept(out, claims), [with_plugin]))
    [problem] = [outcome.problem for outcome in found if outcome.problem]
    assert "of_a_plugin 0.5 -> nan" in problem


def test_what_cannot_be_made_names_its_claim(claims, tmp_path):
    elsewhere = claims[0].claim.model_copy(update={"on": Images(dataset=DATA, split="nope", part="test")})
    [outcome] = make([type(claims[0])(claims[0].release, elsewhere)], tmp_path)
    assert outcome.problem.startswith(f"{outcome.claimed.name}: ") and "no split 'nope'" in outcome.problem


@pytest.mark.parametrize("way", ["make", "check"])
def test_a_claim_that_fails_takes_none_back_that_was_told_before(way, claims, out, monkeypatch):
    def fails_at_the_second(method):
        def call(self, claimed):
            if claimed.name == claims[1].name:
                raise IstdbenchError("the disk is full")
            return method(self, claimed)

        return call

    for name in ("claim", "score"):
        monkeypatch.setattr(Bench, name, fails_at_the_second(getattr(Bench, name)))
    outcomes = list(make(claims, out) if way == "make" else check(claims, kept(out, claims), records(out)))
    assert [(outcome.claimed, outcome.problem) for outcome in outcomes] == [
        (claims[0], ""),
        (claims[1], f"{claims[1].name}: the disk is full"),
    ]


def test_a_check_within_a_time_says_what_it_leaves_out(claims, out):
    found = list(check(claims, kept(out, claims), records(out), seconds=1e-9))
    assert all("beyond" in outcome.skipped for outcome in found) and len(found) == 2


def test_a_claim_that_is_another_by_now_is_told(claims, out, release):
    other = release.claims[0].model_copy(update={"rule": "dnanet"})
    file = out / CLAIMS / f"{claims[0].name}.json"
    changed = type(claims[0])(release, other)
    file.rename(file.with_name(f"{changed.name}.json"))
    found, problems = examine_claims(out, (changed, claims[1]))
    assert list(found) == [claims[1].name] and "delete it" in problems[0]


def test_weights_that_saw_the_common_test_images_get_no_record_there(claims, release, tmp_path):
    on = release.claims[0].on
    leaking = release.model_copy(update={"trained_on": (on,)})
    outcomes = list(make([type(claims[0])(leaking, release.claims[0])], tmp_path / "out"))
    measured = outcomes[0].measured
    assert measured.trained_on_common == 4 and "no result" in measured.tried[-1].words
    assert measured.tried[-2].words == "split official, 4 test images, 4 of them trained on"
    assert measured.tried[-2].values == measured.values
    assert records(tmp_path / "out") == []


def test_the_page_tells_claim_finding_verdict_and_common_row(claims, out):
    text = page(kept(out, claims), records(out), METRICS.all())
    [row] = [line for line in text.splitlines() if "0.9[^1]" in line]
    assert "official, rpcanet" in row and f"{CLAIMS}/{claims[0].name}.json" in row.replace("%3D", "=")
    assert "**-0." in row and RECORDS in row
    assert " 74.2[^2] " in text
    assert "[^1]: Claimed in someone/acm at bbbbbbb: README." in text
    assert write(records(out), METRICS.all(), out)[0].read_text() == text


def test_without_a_claim_that_was_made_there_is_no_page(claims, tmp_path):
    assert write([], METRICS.all(), tmp_path) == []
