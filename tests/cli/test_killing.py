"""The harness that kills verbs does what it says."""

import signal

from killing import Verb, every, spread
from spot_files import write_spots


def run_verb(folder):
    """A run of a classical method on three small images, whose operations under out/ count."""
    spots = folder / "spots"
    if not spots.exists():
        write_spots(spots)
    return Verb(f"run --methods tophat --dataset folder:{spots} --probes none --out {folder / 'out'}", folder / "out")


def kept(folder):
    paths = (folder / "out").rglob("*")
    return sorted(path.name for path in paths if path.is_file() and path.name != ".lock")


def test_an_undisturbed_run_is_counted_and_its_count_is_always_the_same(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = run_verb(tmp_path / "a").run(), run_verb(tmp_path / "b").run()
    assert first.code == 0 and "done: tophat" in first.output
    assert len(first.operations) > 5
    # the names of temporary files are random
    assert [name.split()[0] for name in first.operations] == [name.split()[0] for name in second.operations]


def test_a_killed_run_did_what_comes_before_the_operation_and_nothing_after(tmp_path):
    ended = run_verb(tmp_path).strike(1)
    assert ended.code == -signal.SIGKILL and ended.operations == ()
    assert not (tmp_path / "out").exists()


def test_a_torn_write_leaves_the_first_bytes(tmp_path):
    (tmp_path / "whole").mkdir()
    operations = run_verb(tmp_path / "whole").run().operations
    first = next(at for at, name in enumerate(operations, 1) if name.startswith("open") and name.endswith(".tmp"))
    ended = run_verb(tmp_path).strike(first, "tear")
    assert ended.code == -signal.SIGXFSZ
    [torn] = kept(tmp_path)
    assert torn.endswith(".tmp") and next((tmp_path / "out").rglob("*.tmp")).stat().st_size == 16


def test_a_full_disk_is_an_error_of_the_verb(tmp_path):
    ended = run_verb(tmp_path).strike(2, "full disk")
    assert ended.code == 1 and "No space left on device" in ended.output
    assert kept(tmp_path) == []


def test_a_sample_is_of_the_middles_of_equal_parts():
    assert spread(range(20)) == [4, 11, 17]
    assert spread("abc") == every("abc") == [1, 2, 3] and spread("") == []
