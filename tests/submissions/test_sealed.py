"""The sealed track: scenes of a commit that anybody can draw again, and of no other commit."""

from __future__ import annotations

import hashlib
import subprocess

import pytest
from published_here import edit
from skimage.measure import label

from istdbench.errors import DataError, UsageError
from istdbench.registry import build_dataset
from istdbench.reports.sealed_page import limit
from istdbench.results.sealed_record import SealedPoint, examine_sealed, sealed_seed
from istdbench.spec import parse_spec
from istdbench.submissions.bundle import read_bundle
from istdbench.submissions.merge_commit import check_commit
from istdbench.submissions.sealed_track import measure_sealed


def git(folder, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def merged(handed, tmp_path):
    """A repository into which a pull request brought a bundle; the bundle and the merge commit."""
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    git(tmp_path, "switch", "-q", "-c", "mine")
    folder = handed("classical")
    git(tmp_path, "add", "submissions")
    git(tmp_path, "commit", "-q", "-m", "mine")
    git(tmp_path, "switch", "-q", "main")
    git(tmp_path, "merge", "-q", "--no-ff", "-m", "merge", "mine")
    return folder, git(tmp_path, "rev-parse", "HEAD")


def test_the_seed_is_the_hash_of_commit_and_track():
    commit = "0123456789abcdef" * 2 + "01234567"
    digest = hashlib.sha256(f"istdbench sealed track 1 {commit}".encode()).digest()
    assert sealed_seed(commit) == int.from_bytes(digest[:4], "big") >> 1
    assert sealed_seed(commit, track=2) != sealed_seed(commit)


def test_only_the_commit_that_brought_the_submission_in_as_it_is_draws_its_scenes(merged, tmp_path):
    folder, commit = merged
    check_commit(commit, folder)
    for other in (git(tmp_path, "rev-parse", "mine"), git(tmp_path, "rev-parse", "HEAD~1"), "0" * 40):
        with pytest.raises(UsageError, match=f"the last commit that changed .* is {commit}: give that one"):
            check_commit(other, folder)
    for other in ("HEAD", commit[:12], commit.upper() + "0", ""):
        with pytest.raises(UsageError, match="all 40 hexadecimal digits"):
            check_commit(other, folder)
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "what comes later changes nothing")
    check_commit(commit, folder)
    with (folder / "submission.json").open("a") as form:
        form.write("\n")
    with pytest.raises(UsageError, match="it differs from what is committed"):
        check_commit(commit, folder)
    git(tmp_path, "commit", "-q", "-a", "-m", "changed after")
    with pytest.raises(UsageError, match="it was changed after that commit"):
        check_commit(commit, folder)


def test_a_commit_is_not_looked_for_where_no_repository_is(handed):
    with pytest.warns(UserWarning, match="no whole git repository is around"):
        check_commit("0" * 40, handed("classical"))


def test_a_submission_is_measured_on_scenes_of_its_commit(istdbench, handed, short, empty_zoo, tmp_path):
    folder, commit = handed("classical"), "0" * 40
    out = tmp_path / "elsewhere" / "leaderboards"
    printed = istdbench(f"sealed {folder} --commit {commit} --out {out}")
    assert f"{out / 'sealed.md'}" in printed.stdout and "is not checked" in printed.stderr
    [record], problems = examine_sealed(out)
    assert problems == [] and (record.seed, record.submission) == (sealed_seed(commit), "classical")
    [bright] = record.points
    scenes = build_dataset(parse_spec(f"synth:n=4,seed={record.seed},clutter=sea,scr=30,sigma=1.5"))
    masks = [scenes.load(name).mask for name in scenes.names("official", "test")]
    assert bright.detected == bright.targets == sum(label(mask, connectivity=2).max() for mask in masks) > 0
    page = (out / "sealed.md").read_text()
    assert "| tophat<br><sub>classical</sub> |" in page and "| re-run" in page
    istdbench(f"leaderboard --check --out {out}")

    path = out / "sealed" / record.file
    path.write_text(path.read_text().replace(f'"seed": {record.seed}', '"seed": 1'))
    assert "seed 1 is not that of commit 000000000000" in istdbench(f"leaderboard --check --out {out}", code=1).stderr


def test_the_weights_of_a_submission_are_those_that_its_sender_published(handed, short):
    record = measure_sealed(bundle := read_bundle(handed("network")), "0" * 40)
    assert record.weights_sha256 == bundle.record.weights.sha256 and record.record == bundle.record.key
    edit(bundle.folder / "submission.json", lambda told: told.update(url=f"{told['url']}.gone"))
    with pytest.raises(DataError, match="answers 404"):
        measure_sealed(read_bundle(bundle.folder), "0" * 40)


def test_score_maps_say_nothing_of_new_scenes(handed):
    with pytest.raises(UsageError, match="score maps were handed in, which say nothing of new scenes"):
        measure_sealed(read_bundle(handed("maps")), "0" * 40)


def points(*pds: float) -> list[SealedPoint]:
    more = {"clutter": "sea", "sigma": 1.5, "threshold": 0.5, "targets": 100, "fa": 0.0}
    return [SealedPoint(scr=2.0**at, detected=round(100 * pd), **more) for at, pd in enumerate(pds)]


@pytest.mark.parametrize(
    ("pds", "text"),
    [
        ((0.0, 0.25, 0.75, 1.0), "3.00"),
        ((0.6, 0.2, 0.8), "3.00"),  # chance at the dimmest contrast is no limit
        ((0.5, 0.9, 1.0), "≤ 1"),
        ((0.0, 0.1, 0.4), "> 4"),
        ((0.0, 0.7, 0.4), "> 4"),
    ],
)
def test_the_limit_is_where_half_of_the_targets_are_detected_from_on(pds, text):
    assert limit(points(*pds)) == text
