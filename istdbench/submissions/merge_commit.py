"""The commit that brought a submission in, whose hash draws the scenes of the sealed track."""

from __future__ import annotations

import re
import warnings
from functools import partial
from pathlib import Path

from istdbench.errors import UsageError
from istdbench.results.provenance import git


def check_commit(commit: str, folder: Path) -> None:
    """Refuse a hash that is not that of the commit that brought a bundle in, as it is now.

    That is the last commit of the main line (`git log --first-parent`) that changed the bundle: the merge of its pull
    request, or what a squash made of it. Where no repository is at hand, or only the last commits of it, a warning says
    that it was not looked at.

    Args:
        folder: of the bundle.

    Raises:
        UsageError: it is no hash, another commit, or the bundle was changed after it.
    """
    ask = partial(git, folder, seconds=60)
    if not re.fullmatch("[0-9a-f]{40}", commit):
        raise UsageError(f"--commit {commit}: all 40 hexadecimal digits of the commit's hash are needed, lower-case")
    if ask("rev-parse", "--is-shallow-repository") != "false":
        warnings.warn(
            f"no whole git repository is around {folder}: that commit {commit[:12]}… brought it in is not checked",
            stacklevel=2,
        )
        return
    if ask("status", "--porcelain", "--", ".") != "":
        raise UsageError(f"{folder}: it differs from what is committed; restore it, or let the change be merged first")
    last = ask("log", "--first-parent", "-1", "--format=%H", "--", ".")
    if not last:
        raise UsageError(f"{folder}: no commit brought it in yet; its scenes are drawn once it is merged")
    if commit != last:
        known = ask("merge-base", "--is-ancestor", commit, "HEAD") is not None
        why = "it was changed after that commit, or not by it" if known else "the main line has no such commit"
        raise UsageError(f"--commit {commit}: {why}; the last commit that changed {folder} is {last}: give that one")
