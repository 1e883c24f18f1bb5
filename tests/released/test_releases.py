"""What is declared of weights that authors released, and which of them a person means."""

from decimal import Decimal

import pytest

from istdbench.audit.variants import VARIANTS
from istdbench.errors import UsageError
from istdbench.files import sha256_bytes
from istdbench.methods.method import as_learned
from istdbench.registry import METHODS, METRICS
from istdbench.released.releases import release_of, released_for, releases
from istdbench.spec import parse_spec

RELEASES = pytest.mark.parametrize("release", releases(), ids=str)


@RELEASES
def test_a_release_is_of_a_method_here_and_what_it_claims_can_be_measured_here(release):
    method = as_learned(METHODS.get(release.spec.name), "it has no weights")
    assert method.shortest(release.spec) == release.spec
    assert release.input.channels == method.in_channels
    for claim in release.claims:
        [rule] = [each for each in VARIANTS if each.name == claim.rule]
        assert set(claim.values) <= set(rule.shows) & set(METRICS.names())
        assert all(0 < value < 1 for value in claim.values.values())


def test_no_two_releases_are_one():
    for fields in (("method", "name"), ("path",), ("sha256",), ("weights_path",)):
        told = [tuple(getattr(each, field) for field in fields) for each in releases()]
        assert len(set(told)) == len(told), fields


def test_printed_digits_are_kept():
    [first, second] = release_of("released:nuaa", parse_spec("rpcanet")).claims
    assert first.values["IoU"] == Decimal("0.7037")
    assert second.values["Fa"].as_tuple().exponent == -7  # 7.42e-5


def test_of_several_the_one_is_meant_that_was_trained_on_the_data_set():
    rpcanet = parse_spec("rpcanet")
    assert [release_of("released", rpcanet, name).name for name in ("nuaa", "irstd1k")] == ["nuaa", "irstd1k"]
    assert release_of("released:irstd1k", rpcanet, "nuaa").name == "irstd1k"
    assert release_of("released", parse_spec("alcnet")).name == "nuaa"
    assert released_for(rpcanet) == ["released:nuaa", "released:irstd1k", "released:nudt"]
    assert released_for(parse_spec("alcnet")) == ["released"]


@pytest.mark.parametrize(
    ("weights", "method", "dataset", "why"),
    [
        ("released", "rpcanet", None, "several of rpcanet; there are released:nuaa, released:irstd1k"),
        ("released", "rpcanet", "synth", "which is for synth is not plain; there are released:nuaa"),
        ("released:mine", "rpcanet", "nuaa", "none of that name for rpcanet; there are released:nuaa"),
        ("released", "acm", "nuaa", "none of acm as it is; there are some of acm:stem=full"),
        ("released", "mim_istd", "nuaa", "no weights of mim_istd are known.*there are some of rpcanet, "),
    ],
)
def test_what_is_not_plain_is_refused_with_what_there_is(weights, method, dataset, why):
    with pytest.raises(UsageError, match=why):
        release_of(weights, parse_spec(method), dataset)


def test_a_release_is_at_hand_where_its_file_is_as_published(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path))
    release = releases()[0].model_copy(update={"sha256": sha256_bytes(b"weights")})
    assert not release.at_hand
    release.place.parent.mkdir(parents=True)
    release.place.write_bytes(b"weights")
    assert release.at_hand
    release.place.write_bytes(b"others")
    assert not release.at_hand
