"""`istdbench run`, as its user calls it."""

import json

import pytest

from istdbench.files import atomic_write


def test_classical_methods_run_on_a_folder_and_leave_records_and_a_leaderboard(istdbench, spots, tmp_path):
    result = istdbench(f"run --methods tophat,mpcm --dataset folder:{spots} --probes none")
    assert "tophat" in result.stdout and "mpcm" in result.stdout
    records = sorted((tmp_path / "leaderboards" / "records").rglob("*.json"))
    assert [json.loads(path.read_text())["method"]["name"] for path in records] == ["mpcm", "tophat"]
    [board] = (tmp_path / "leaderboards").glob("*.md")
    assert "tophat" in board.read_text()


def test_what_is_recorded_is_not_run_again_unless_forced(istdbench, spots):
    line = f"run --methods tophat --dataset folder:{spots} --probes none"
    assert "done: tophat" in istdbench(line).stderr
    assert "recorded: tophat" in (again := istdbench(line).stderr) and "--force runs it again" in again
    assert "done: tophat" in istdbench(line + " --force").stderr


def test_json_gives_the_records(istdbench, spots):
    [record] = json.loads(istdbench(f"run --methods tophat --dataset folder:{spots} --probes none --json").stdout)
    assert record["metrics"]["values"]["Pd"] == 1.0
    assert record["dataset"]["images"] == 3
    assert record["method"]["options"] == {"size": 5, "threshold": "adaptive(k=0.7)"}


def test_a_threshold_rule_is_an_option_of_every_classical_method_and_is_recorded(istdbench, spots):
    line = f"run --methods tophat:threshold=half_max --dataset folder:{spots} --probes none --json"
    [record] = json.loads(istdbench(line).stdout)
    assert record["method"]["options"] == {"size": 5, "threshold": "half_max"}
    assert (
        "threshold=otsu is not one of adaptive(k=0.7), half_max"
        in istdbench(f"run --methods tophat:threshold=otsu --dataset folder:{spots}", code=2).stderr
    )


def test_a_method_that_needs_sequences_says_so_on_single_images(istdbench, spots):
    result = istdbench(f"run --methods mslstipt --dataset folder:{spots}", code=2)
    assert "mslstipt needs sequences of 6 frames" in result.stderr
    instead = "use a data set of sequences, such as synth:frames=6 or folder:PATH,frames=6, or"
    assert f"has single images; {instead}" in result.stderr
    line = "run --methods mslstipt,tophat --dataset synth:frames=6,n=1,size=64 --protocol native --probes none"
    assert "mslstipt" in istdbench(line).stdout


def test_a_method_that_did_not_converge_says_so_in_one_line(istdbench, spots, monkeypatch):
    monkeypatch.setattr("istdbench.methods.classical.ipi.ITERATIONS", 1)
    result = istdbench(f"run --methods ipi:patch=12,step=4 --dataset folder:{spots} --probes none")
    lines = [line for line in result.stderr.splitlines() if line.startswith("warning: ")]
    assert lines and all("ipi: not converged after 1 iterations: residual" in line for line in lines)


def test_an_unknown_method_is_wrong_usage_and_gets_the_near_name(istdbench):
    result = istdbench("run --methods mim_itsd --dataset synth", code=2)
    assert "unknown method 'mim_itsd'; did you mean 'mim_istd'?" in result.stderr


@pytest.mark.parametrize("line", ["run --methods tophat", "run --methods tophat --dataset synth --seeds x", "ran"])
def test_wrong_usage_ends_with_2(istdbench, line):
    istdbench(line, code=2)


@pytest.mark.parametrize("threshold", ["nan", "inf", "-1", "2"])
def test_a_protocol_s_threshold_that_is_no_score_is_refused(istdbench, spots, tmp_path, threshold):
    line = f"run --methods tophat --dataset folder:{spots} --set scoring.threshold={threshold}"
    assert "scoring.threshold: Input should be" in istdbench(line, code=2).stderr
    (tmp_path / "mine.py").write_text(f"summary = ''\nscoring = dict(threshold=float('{threshold}'))\n")
    line = f"run --methods tophat --dataset folder:{spots} --protocol mine.py"
    assert "scoring.threshold: Input should be" in istdbench(line, code=2).stderr


def test_missing_data_names_the_fetch_command_and_the_mirror_setting(istdbench):
    result = istdbench("run --methods tophat --dataset nuaa", code=1)
    assert "istdbench data fetch nuaa" in result.stderr and "ISTDBENCH_MIRROR" in result.stderr


def test_a_learned_method_without_weights_says_how_to_train_and_the_others_go_on(istdbench, spots):
    result = istdbench(f"run --methods baseline,tophat --dataset folder:{spots} --probes none", code=1)
    assert "istdbench train baseline" in result.stderr and "--train" in result.stderr
    assert "done: tophat" in result.stderr


def test_a_truncated_image_is_named_and_other_data_sets_go_on(istdbench, spots):
    path = spots / "images" / "b.png"
    path.write_bytes(path.read_bytes()[:200])
    result = istdbench(f"run --methods tophat --dataset folder:{spots},synth:n=2 --probes none", code=1)
    assert "b.png" in result.stderr and "done: tophat on synth:n=2" in result.stderr


def test_a_mask_of_another_size_is_named_with_both_sizes(istdbench, spots):
    from PIL import Image

    Image.new("L", (20, 10)).save(spots / "masks" / "c.png")
    result = istdbench(f"run --methods tophat --dataset folder:{spots} --probes none", code=1)
    assert "mask of c is 10 x 20, its image 40 x 48" in result.stderr


def test_a_pickle_offered_as_weights_is_refused(istdbench, tmp_path):
    import torch

    torch.save({}, tmp_path / "w.pth")
    result = istdbench("run --methods baseline --dataset synth:n=2 --weights w.pth --probes none", code=1)
    assert "this is a pickle" in result.stderr


def test_weights_for_several_methods_are_wrong_usage(istdbench):
    assert (
        "--weights goes with one method"
        in istdbench("run --methods baseline,tophat --dataset synth --weights x", code=2).stderr
    )


def test_a_folder_that_cannot_be_written_is_named_and_earlier_records_stay(istdbench, spots, tmp_path, monkeypatch):
    line = f"--dataset folder:{spots} --probes none"
    istdbench(f"run --methods tophat {line}")
    before = {path: path.read_bytes() for path in (tmp_path / "leaderboards").rglob("*.*")}

    def full_disk(path, data):
        monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
        atomic_write(path, data)

    monkeypatch.setattr("istdbench.results.store.atomic_write", full_disk)
    result = istdbench(f"run --methods mpcm {line}", code=1)
    assert "No space left" in result.stderr and "free some space" in result.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "leaderboards").rglob("*.*")} == before


def test_kept_maps_score_the_same_as_the_run(istdbench, spots, tmp_path):
    line = f"run --methods tophat --dataset folder:{spots} --probes none --json --maps maps"
    [record] = json.loads(istdbench(line).stdout)
    [folder] = (tmp_path / "maps").glob("*/*")
    values = json.loads(istdbench(f"score {folder} --dataset folder:{spots} --json").stdout)
    assert values == record["metrics"]["values"]


def test_the_package_s_weights_score_images_of_one_s_own_by_their_own_protocol(istdbench, spots, tmp_path):
    line = f"run --methods mim_istd --dataset folder:{spots} --probes none"
    assert "--weights irstd1k, --weights nuaa, --weights synth" in istdbench(line, code=1).stderr
    result = istdbench(f"{line} --weights nuaa")
    assert "protocol cpu512" in result.stdout and "[1] Trained on nuaa by cpu512." in result.stdout
    native = f"{line} --weights nuaa --protocol native"
    assert "by protocol 'cpu512', not by 'native'" in istdbench(native, code=2).stderr
    own, other = (
        json.loads(istdbench(f"{each} --json").stdout)[0]
        for each in (f"{line} --weights nuaa", f"{native} --weights-of-another-protocol")
    )
    assert own["metrics"]["values"] == other["metrics"]["values"]
    [board] = (tmp_path / "leaderboards").glob("*.md")
    both = 2  # protocols, each with a front table and a whole one
    assert board.read_text().count("| mim_istd[^1] ") == 2 * both
    assert "\n[^1]: Trained on nuaa by cpu512.\n" in board.read_text()
    istdbench("report --page report.html --records-only")
    assert "<sup>1</sup> Trained on nuaa by cpu512." in (tmp_path / "report.html").read_text()
    assert "reproduced: every count" in istdbench("verify native/mim_istd").stdout
    istdbench("audit native/mim_istd")
    istdbench("curves native/mim_istd")


def test_a_split_that_is_not_there_is_one_line(istdbench, spots):
    line = f"run --methods tophat --dataset folder:{spots} --set data.split=without-nope --probes none"
    error = istdbench(line, code=1).stderr
    assert "no split 'without-nope'; it has official; choose with --set data.split=SPLIT" in error
    assert error.count("\n") == 1
